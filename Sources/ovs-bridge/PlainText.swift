import OVSWire

/// JSON values as people read them.
enum PlainText {
  /// A value in lines: of an object, a member a row, names and values under each other; of an array, one element under
  /// the other. Values within stand beside their name in the same way.
  static func lines(_ value: JSONValue) -> [String] {
    switch value {
    case .null: ["-"]
    case .bool(let value): [value ? "true" : "false"]
    case .number(let text): [text]
    case .string(let text): [harmless(text)]
    case .array(let elements): elements.flatMap(lines)
    case .object(let members): rows(members.map { ($0.name, lines($0.value)) })
    }
  }

  /// Rows whose second parts stand under each other.
  static func rows(_ rows: [(name: String, lines: [String])]) -> [String] {
    let names = rows.map { harmless($0.name) }
    let width = names.map(\.count).max() ?? 0
    return zip(names, rows).flatMap { name, row in
      row.lines.enumerated().map { index, line in
        padded(index == 0 ? name : "", to: width + 2) + line
      }
    }
  }

  /// A text that does nothing to a terminal but to stand there on one line, in the order in which it is read: a service's
  /// words may hold control characters, and some that turn text around, which are written as in Swift.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: scalar.properties.isBidiControl
    }
  }
}
