import OVSWire

/// The parameters of a command after the checks of its table row: known names, required ones present, values by their
/// rules.
public struct Arguments: Sendable {
  private let command: Command
  /// In the order of the row, up to the last that came; nil for what is absent.
  private let values: [JSONValue?]

  /// Checks parameters against their command's row.
  ///
  /// Values are normalised by their rules: a country code is in upper case, a plan's API ID is a string.
  ///
  /// - Throws: MISSING_PARAMS or INVALID_PARAMS with the `field` at fault; the message never holds a value.
  public init(_ parameters: Parameters) throws(Failure) {
    if let fault = parameters.fault { throw fault }
    command = parameters.command
    var values = parameters.values
    for index in command.parameters.indices {
      let parameter = command.parameters[index]
      guard index < values.count, let value = values[index] else {
        guard !parameter.isRequired else {
          throw Failure(
            .missingParams, field: parameter.name,
            "\(command.name) needs \(quoted(parameter.name)): \(parameter.summary)")
        }
        continue
      }
      switch parameter.rule.check(value) {
      case .isNormal: break
      case .hasNormalForm(let value): values[index] = value
      case .isBroken:
        let requirement = value == .string("") ? "must not be empty" : "must be \(parameter.rule.summary)"
        throw Failure(
          .invalidParams, field: parameter.name, "\(quoted(parameter.name)) of \(command.name) \(requirement)")
      }
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
}

extension Command.Rule {
  /// What a rule says of a value.
  fileprivate enum Verdict {
    case isNormal
    case hasNormalForm(JSONValue)
    case isBroken

    init(_ isNormal: Bool) { self = isNormal ? .isNormal : .isBroken }
  }

  fileprivate func check(_ value: JSONValue) -> Verdict {
    switch (self, value) {
    case (.requestID, .string), (.requestID, .number): .isNormal
    case (.planType, .number(let text)):
      text.utf8.contains { !$0.isPartOfInteger } ? .isBroken : .hasNormalForm(.string(text))
    case (_, .string(let text)) where text.isEmpty: .isBroken
    case (.text, .string), (.planType, .string): .isNormal
    case (.email, .string(let text)): .init(text.isEmail)
    case (.countryCode, .string(let text)): countryCode(text)
    case (.apiDomain, .string(let text)): .init(APIDomain(text) != nil)
    default: .isBroken
    }
  }

  private func countryCode(_ text: String) -> Verdict {
    guard text.utf8.count == 2, text.utf8.allSatisfy(\.isASCIILetter) else { return .isBroken }
    return text.utf8.allSatisfy { $0 < UInt8(ascii: "a") } ? .isNormal : .hasNormalForm(.string(text.uppercased()))
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
