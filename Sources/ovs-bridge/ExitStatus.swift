import OVSBridge
import OVSWire

/// How the program ends: a row of the table that the program and its texts read.
enum ExitStatus: CaseIterable {
  case done
  /// Of what is called, its error.
  case commandError
  case problemFound
  /// EX_USAGE of sysexits.h.
  case wrongUsage
  /// EX_OSERR of sysexits.h.
  case startFailure
  case outputClosed
  case signal

  /// The status; the first of them where it depends.
  var number: Int32 {
    switch self {
    case .done: Bridge.Exit.done.status
    case .commandError: Int32(Self.errors.lowerBound)
    case .problemFound: 1
    case .wrongUsage: 64
    case .startFailure: 71
    case .outputClosed: Bridge.Exit.outputClosed.status
    case .signal: Bridge.Exit.signal(0).status
    }
  }

  /// The status, or statuses, as the texts have them.
  var text: String {
    switch self {
    case .commandError: "\(Self.errors.lowerBound) to \(Self.errors.upperBound)"
    case .signal: "\(number) + n"
    case .done, .problemFound, .wrongUsage, .startFailure, .outputClosed: String(number)
    }
  }

  /// What it is for alone; nil for all, the bridge itself included.
  var subcommand: Subcommand? {
    switch self {
    case .commandError: .call
    case .problemFound: .doctor
    case .done, .wrongUsage, .startFailure, .outputClosed, .signal: nil
    }
  }

  /// What has happened.
  var summary: String {
    switch self {
    case .done: "all is answered"
    case .commandError: "the command's error, by its number"
    case .problemFound: "a problem was found"
    case .wrongUsage: "wrong usage"
    case .startFailure: "it can't start: no descriptors, unreadable options or --sandbox-file"
    case .outputClosed: "standard output can't be written to"
    case .signal: "ended at once by a second signal n"
    }
  }

  /// The numbers of the errors there are.
  private static var errors: ClosedRange<Int> {
    let numbers = ErrorCode.allCases.map(\.rawValue).filter { $0 != ErrorCode.ok.rawValue }
    return (numbers.min() ?? 1)...(numbers.max() ?? 1)
  }
}
