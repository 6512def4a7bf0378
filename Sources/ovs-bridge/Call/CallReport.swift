import OVSBridge
import OVSWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `ovs-bridge call` tells on stderr: errors, and events as they come. They are no entries of the log, whose level
/// doesn't hide them, but where that is JSON they are, too: the bridge's own lines.
struct CallReport {
  private let format: Log.Format

  init(_ format: Log.Format) { self.format = format }

  /// Tells of an error: its name, number and sentence on a line, and what else is known of it on lines of their own.
  func tell(error answer: NativeMessage) {
    let name = answer.code.row.name
    var lines = [
      "ovs-bridge: \(Self.isColoured ? "\u{1B}[1;31m\(name)\u{1B}[0m" : name) (\(answer.code.rawValue)): "
        + PlainText.harmless(answer.message)
    ]
    let details = answer.details.compactMap { member -> (name: String, lines: [String])? in
      guard let detail = Failure.Detail(rawValue: member.name), detail.isWorthTelling(of: answer.code),
        member.value != .null
      else {
        return nil
      }
      return (member.name, PlainText.lines(member.value).map { "\($0)  (\(detail.member.summary))" })
    }
    lines += PlainText.rows(details).map { "  " + $0 }
    write(answer, lines)
  }

  /// Tells of an event: its name and what there is to know of it, on a line.
  func tell(event: NativeMessage) {
    guard case .object(let members) = event.data else { return }
    // There is but one command that it can be about, whose identifier nobody chose.
    let facts = members.filter { $0.name != "id" }.map {
      "\($0.name): \(PlainText.lines($0.value).joined(separator: " "))"
    }
    write(event, ["ovs-bridge: \(event.name): \(facts.joined(separator: ", "))"])
  }

  private func write(_ message: NativeMessage, _ lines: [String]) {
    var writer = JSONWriter()
    switch format {
    case .text: writer.raw(Array(lines.map { $0 + "\n" }.joined().utf8))
    case .json:
      writer.value(message.value)
      writer.raw("\n")
    }
    _ = writer.bytes.withUnsafeBytes { writeAll($0, to: STDERR_FILENO) }
  }

  /// Whether stderr is a terminal whose user hasn't asked for plain text (https://no-color.org).
  private static var isColoured: Bool {
    func value(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    return isatty(STDERR_FILENO) == 1 && value("NO_COLOR").isEmpty && value("TERM") != "dumb"
  }
}

extension Failure.Detail {
  /// Whether it tells a person more of an error than its name and sentence do.
  fileprivate func isWorthTelling(of error: ErrorCode) -> Bool {
    switch self {
    case .outcome, .retryAfter: true
    case .httpStatus, .backendCode: error == .rejected || error == .backend
    // The sentence has the service's words where they tell more than it does.
    case .backendMessage: false
    case .field, .offset, .limit, .bytes: false
    }
  }
}
