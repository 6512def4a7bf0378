import OVSBridge
import OVSDoctor

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
    // On Linux, Swift finds them by /proc. Without it there is not even a name, and a bridge that was told to go to a
    // real service would take up the sandbox.
    guard !CommandLine.arguments.isEmpty else {
      complain("the options can't be read; is /proc mounted?")
      exit(ExitStatus.startFailure.number)
    }
    let invocation: Invocation
    do throws(Invocation.UsageError) {
      invocation = try Invocation(CommandLine.arguments.dropFirst(), environment: \.value)
    } catch {
      complain(error.message)
      exit(ExitStatus.wrongUsage.number)
    }
    Variable.forgetSecrets()
    switch invocation {
    case .action(.help, .call?, let words):
      do throws(Invocation.UsageError) {
        printOut(try HelpText.call(words, of: .standard))
      } catch {
        complain(error.message)
        exit(ExitStatus.wrongUsage.number)
      }
    case .action(let action, _, _):
      printOut(action.text(of: .standard))
    case .call(let words, let configuration, let format):
      exit(call(words, configuration, format))
    case .doctor(let configuration): exit(doctor(configuration).number)
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

  /// Carries one command out, and gives the exit status.
  private static func call(_ words: [String], _ configuration: Configuration, _ format: Call.Format) -> Int32 {
    let call: Call
    do throws(Invocation.UsageError) {
      call = try Call(words, configuration, format)
    } catch {
      complain(error.message)
      return ExitStatus.wrongUsage.number
    }
    do throws(StartFailure) {
      return try call.run()
    } catch {
      complain(error.reason)
      return ExitStatus.startFailure.number
    }
  }

  /// Prints what the doctor finds, as it finds it, and gives the exit status.
  private static func doctor(_ configuration: Configuration) -> ExitStatus {
    // What is opened from here on must not get the number of a standard descriptor that was closed.
    guard !Descriptors.openClosed().contains(STDOUT_FILENO) else { return .outputClosed }
    // A reader that has had enough, and a service that is gone, are told by errors.
    signal(SIGPIPE, SIG_IGN)
    let count = Doctor(configuration, program: HelpText.version).run { printOut($0.lines) }
    printOut(count == 0 ? "no problem was found\n" : "\(count) problem\(count == 1 ? " was" : "s were") found\n")
    return count == 0 ? .done : .problemFound
  }

  /// Says in one line why the program ends; what it quotes of an argument may hold anything.
  private static func complain(_ message: String) {
    _ = put("ovs-bridge: \(PlainText.harmless(message))\n", to: STDERR_FILENO)
  }

  /// Prints a text; ends the process if that fails: what could not be printed is no success.
  private static func printOut(_ text: String) {
    let error = put(text, to: STDOUT_FILENO)
    guard error != 0 else { return }
    complain("standard output can't be written to: \(String(cString: strerror(error)))")
    exit(ExitStatus.outputClosed.number)
  }

  private static func put(_ text: String, to descriptor: Int32) -> Int32 {
    Array(text.utf8).withUnsafeBytes { writeAll($0, to: descriptor) }
  }
}
