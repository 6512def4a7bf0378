/// What an option takes: what stands for it in the texts, and what a shell can offer for it.
struct Placeholder: Sendable {
  /// What values there are.
  enum Kind: Sendable {
    /// Any that the option's own check lets through.
    case text
    /// The path of a file.
    case path
    /// One of these.
    case choice([String])
  }

  /// What stands for it in the texts, in capitals.
  let text: String
  let kind: Kind

  /// The path of a file.
  static let path = Placeholder(text: "PATH", kind: .path)

  /// One of the values of a type.
  static func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ text: String, _ type: Choice.Type
  ) -> Placeholder {
    Placeholder(text: text, kind: .choice(type.allCases.map(\.rawValue)))
  }
}

extension Placeholder: ExpressibleByStringLiteral {
  /// A value that only the option's own check can judge.
  init(stringLiteral text: String) { self.init(text: text, kind: .text) }
}

/// The values of a type as a sentence has them: `text or json`.
func alternatives<Choice: CaseIterable & RawRepresentable<String>>(_ type: Choice.Type) -> String {
  let names = type.allCases.map(\.rawValue)
  guard let last = names.last, names.count > 1 else { return names.joined() }
  return names.dropLast().joined(separator: ", ") + " or " + last
}
