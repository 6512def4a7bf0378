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
    case .action(let action, _, _): print(action.text(of: .standard), terminator: "")
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
    // What could not be printed is no success.
    exit(fflush(nil) == 0 ? 0 : Bridge.Exit.outputClosed.status)
  }

  private static func complain(_ message: String) {
    let line = Array("ovs-bridge: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
