import OVSBridge
import OVSWire

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
  /// EX_USAGE of sysexits.h.
  private static let usageStatus: Int32 = 64
  /// EX_OSERR of sysexits.h.
  private static let startFailureStatus: Int32 = 71

  static func main() {
    // Before the first secret is read.
    CoreDumps.turnOff()
    let invocation: Invocation
    do throws(Invocation.UsageError) {
      invocation = try Invocation(CommandLine.arguments.dropFirst(), environment: \.value)
    } catch {
      complain(error.message)
      exit(usageStatus)
    }
    Variable.forgetSecrets()
    switch invocation {
    case .action(.help, _, _): print(HelpText.help, terminator: "")
    case .action(.version, _, _): print(HelpText.version, terminator: "")
    case .action(.commands, _, _): print(HelpText.commands, terminator: "")
    case .action(.openRPC, _, _):
      printDocument(OpenRPC.document(of: .standard, programVersion: bridgeVersion))
    case .action(.jsonSchema, _, _):
      printDocument(NativeSchema.document(of: .standard, protocolVersion: bridgeProtocolVersion))
    case .subcommand(let subcommand, _, _):
      complain("\(subcommand.rawValue) is not there yet")
      exit(usageStatus)
    case .run(let configuration):
      do throws(StartFailure) {
        var bridge = try Bridge(configuration)
        exit(bridge.run().status)
      } catch {
        complain(error.reason)
        exit(startFailureStatus)
      }
    }
    // What could not be printed is no success.
    exit(fflush(nil) == 0 ? 0 : Bridge.Exit.outputClosed.status)
  }

  private static func printDocument(_ document: JSONValue) {
    var writer = JSONWriter()
    writer.value(document)
    writer.raw("\n")
    print(String(decoding: writer.bytes.array, as: UTF8.self), terminator: "")
  }

  private static func complain(_ message: String) {
    let line = Array("ovs-bridge: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
