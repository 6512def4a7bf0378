import OVSWire

/// The parameters of a command after the checks of its table row: known names, required ones present, values by their
/// rules.
public struct Arguments: Sendable {
  private let command: Command
  /// In the order of the row; nil for what is absent.
  private let values: [JSONValue?]

  /// Checks `parameters` against the row of `command`.
  ///
  /// A null, and an empty optional string, count as absent. Values are normalised by their rules: a country code is in
  /// upper case, a plan's API ID is a string.
  ///
  /// - Throws: MISSING_PARAMS or INVALID_PARAMS with the `field` at fault; the message never holds a value.
  public init(_ parameters: Request.Parameters, of command: Command) throws(Failure) {
    self.command = command
    var values = try Self.assign(parameters, to: command)
    for index in values.indices {
      let parameter = command.parameters[index]
      guard let value = values[index] else {
        guard !parameter.isRequired else {
          throw Failure(
            .missingParams, field: parameter.name,
            "\(command.name) needs \(quoted(parameter.name)): \(parameter.summary)")
        }
        continue
      }
      guard let normal = parameter.rule.normalised(value) else {
        let requirement = value == .string("") ? "must not be empty" : "must be \(parameter.rule.summary)"
        throw Failure(
          .invalidParams, field: parameter.name, "\(quoted(parameter.name)) of \(command.name) \(requirement)")
      }
      values[index] = normal
    }
    self.values = values
  }

  /// The value of the parameter called `name`; nil if it is absent.
  public subscript(name: String) -> JSONValue? {
    for index in values.indices {
      let known = command.parameters[index].name
      // Names of other lengths, which are most, need no comparing.
      if known.utf8.count == name.utf8.count, known == name { return values[index] }
    }
    return nil
  }

  /// The string that the parameter called `name` has; empty for one that is absent.
  func string(_ name: String) -> String { self[name]?.string ?? "" }

  /// Puts each parameter in its place in the row.
  private static func assign(_ parameters: Request.Parameters, to command: Command) throws(Failure) -> [JSONValue?] {
    let row = command.parameters
    var values = [JSONValue?](repeating: nil, count: row.count)
    switch parameters {
    case .positional(let list):
      guard list.count <= row.count else {
        throw Failure(
          .invalidParams, field: "params",
          "\(command.name) takes \(row.count == 0 ? "no parameters" : "at most \(row.count)"), not \(list.count)")
      }
      for (index, value) in list.enumerated() { values[index] = present(value, row[index]) }
    case .named(let members):
      var expected = 0
      for member in members {
        // Most come in the order of the row.
        let found =
          expected < row.count && row[expected].name == member.name
          ? expected : row.firstIndex { $0.name == member.name || $0.alias == member.name }
        guard let index = found else {
          throw Failure(
            .invalidParams, field: member.name,
            "\(command.name) has no parameter \(quoted(member.name))"
              + suggestion(for: member.name, among: row.lazy.map(\.name))
              + (row.isEmpty ? "; it takes none" : "; it takes " + row.map(\.name).joined(separator: ", ")))
        }
        let value = present(member.value, row[index])
        if let first = values[index], let value, first != value {
          throw Failure(
            .invalidParams, field: row[index].name,
            "\"\(row[index].name)\" and \"\(row[index].alias ?? "")\" are two names of one parameter, but their values differ"
          )
        }
        values[index] = values[index] ?? value
        expected = index + 1
      }
    }
    return values
  }

  private static func present(_ value: JSONValue, _ parameter: Command.Parameter) -> JSONValue? {
    switch value {
    case .null: nil
    case .string(let text) where text.isEmpty && !parameter.isRequired: nil
    default: value
    }
  }
}

extension Command.Rule {
  /// The value in its normal form; nil if it breaks the rule.
  func normalised(_ value: JSONValue) -> JSONValue? {
    switch (self, value) {
    case (.requestID, .string), (.requestID, .number): value
    case (.planType, .number(let text)): text.utf8.contains { !$0.isPartOfInteger } ? nil : .string(text)
    case (_, .string(let text)) where text.isEmpty: nil
    case (.text, .string), (.planType, .string): value
    case (.email, .string(let text)): text.isEmail ? value : nil
    case (.countryCode, .string(let text)):
      text.utf8.count == 2 && text.utf8.allSatisfy(\.isASCIILetter) ? .string(text.uppercased()) : nil
    case (.apiDomain, .string(let text)): APIDomain(text) == nil ? nil : value
    default: nil
    }
  }
}

extension UInt8 {
  fileprivate var isASCIILetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
  fileprivate var isPartOfInteger: Bool { self == UInt8(ascii: "-") || self &- UInt8(ascii: "0") < 10 }
}

extension String {
  fileprivate var isEmail: Bool {
    var copy = self
    return copy.withUTF8 { utf8 in
      guard utf8.count <= 254, let at = utf8.firstIndex(of: UInt8(ascii: "@")), at > 0, at < utf8.count - 1 else {
        return false
      }
      var isASCII = true
      for (index, byte) in utf8.enumerated() {
        if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "@") && index != at { return false }
        if byte >= 0x80 { isASCII = false }
      }
      return isASCII || !String(decoding: utf8, as: UTF8.self).unicodeScalars.contains(where: \.isSpaceOrControl)
    }
  }
}

extension Unicode.Scalar {
  fileprivate var isSpaceOrControl: Bool { properties.isWhitespace || properties.generalCategory == .control }
}
