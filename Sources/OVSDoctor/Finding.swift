/// What a check has found, in words for a person.
public struct Finding: Equatable, Sendable {
  /// How it stands.
  public enum Verdict: String, CaseIterable, Sendable {
    /// As it should be.
    case ok
    /// It keeps the bridge from its work.
    case problem
    /// It may be as it is, but should be known.
    case note
    /// It could not be looked at, or there is nothing to look at.
    case skipped
  }

  /// How it stands.
  public let verdict: Verdict
  /// What was found.
  public let text: String
  /// What to do about it; nil where nothing is to be done.
  public let advice: String?

  init(_ verdict: Verdict, _ text: String, advice: String? = nil) {
    self.verdict = verdict
    self.text = text
    self.advice = advice
  }

  /// As it is printed: a line, and under it an indented one if there is something to do.
  public var lines: String {
    let indent = String(repeating: " ", count: Self.width)
    let first = verdict.rawValue + indent.dropFirst(verdict.rawValue.utf8.count) + Self.onOneLine(text) + "\n"
    return first + (advice.map { indent + Self.onOneLine($0) + "\n" } ?? "")
  }

  private static let width = (Verdict.allCases.map(\.rawValue.utf8.count).max() ?? 0) + 2

  /// A text without anything that a terminal would obey or that would look like another line: some of it may come from
  /// a service, or a file's name.
  private static func onOneLine(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: scalars.append("\u{FFFD}")
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }
}
