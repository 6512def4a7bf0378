import OVSBridge

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The program: options in, the bridge out.
@main
enum OVSBridgeCommand {
  static func main() {
    // Before the first secret is read.
    CoreDumps.turnOff()
    let invocation: Invocation
    do throws(Invocation.UsageError) {
      invocation = try Invocation(CommandLine.arguments.dropFirst(), environment: \.value)
    } catch {
      complain(error.message)
      exit(ExitStatus.wrongUsage.number)
    }
    Variable.forgetSecrets()
    switch invocation {
    case .action(let action, _, _):
      // What could not be printed is no success.
      guard put(action.text(of: .standard), to: STDOUT_FILENO) else {
        complain("standard output can't be written to: \(String(cString: strerror(errno)))")
        exit(ExitStatus.outputClosed.number)
      }
    case .subcommand(let subcommand, _, _):
      complain("\(subcommand.rawValue) is not there yet")
      exit(ExitStatus.wrongUsage.number)
    case .run(let configuration):
      do throws(StartFailure) {
        var bridge = try Bridge(configuration)
        exit(bridge.run().status)
      } catch {
        complain(error.reason)
        exit(ExitStatus.startFailure.number)
      }
    }
    exit(ExitStatus.done.number)
  }

  private static func complain(_ message: String) {
    _ = put("ovs-bridge: \(message)\n", to: STDERR_FILENO)
  }

  /// Writes all of a text; false if that fails, which `errno` tells the reason of.
  private static func put(_ text: String, to descriptor: Int32) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest.removeFirst(count)
    }
    return true
  }
}
