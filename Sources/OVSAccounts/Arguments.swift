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
      let verdict = index < values.count ? parameter.rule.check(values[index]) : .isAbsent
      switch verdict {
      case .isNormal: break
      case .hasNormalForm(let normal): values[index] = normal
      case .isAbsent:
        guard !parameter.isRequired else {
          throw Failure(
            .missingParams, field: parameter.name,
            "\(command.name) needs \(quoted(parameter.name)): \(parameter.summary)")
        }
      case .isBroken:
        let requirement = values[index] == .string("") ? "must not be empty" : "must be \(parameter.rule.summary)"
        throw Failure(
          .invalidParams, field: parameter.name, "\(quoted(parameter.name)) of \(command.name) \(requirement)")
      }
    }
    self.values = values
  }

  /// The value of the parameter called `name`; nil if it is absent.
  public subscript(name: String) -> JSONValue? {
    index(of: name).flatMap { values[$0] }
  }

  /// The text of the parameter called `name`; nil for one that is absent, or no string.
  func text(_ name: String) -> String? {
    guard let index = index(of: name), case .string(let text) = values[index] else { return nil }
    return text
  }

  /// The text of the parameter called `name`; empty for one that is absent.
  func string(_ name: String) -> String { text(name) ?? "" }

  private func index(of name: String) -> Int? {
    for index in values.indices {
      let known = command.parameters[index].name
      // Names of other lengths, which are most, need no comparing.
      if known.utf8.count == name.utf8.count, known == name { return index }
    }
    return nil
  }
}

extension Command.Rule {
  /// What a rule says of a value.
  fileprivate enum Verdict {
    case isAbsent
    case isNormal
    case hasNormalForm(JSONValue)
    case isBroken

    init(_ isNormal: Bool) { self = isNormal ? .isNormal : .isBroken }
  }

  fileprivate func check(_ value: JSONValue?) -> Verdict {
    switch value {
    case nil: .isAbsent
    case .string(let text): check(text)
    case .number(let text): checkNumber(text)
    case .null, .bool, .array, .object: .isBroken
    }
  }

  private func check(_ text: String) -> Verdict {
    switch self {
    case .requestID: .isNormal
    case _ where text.isEmpty: .isBroken
    case .text, .secret, .planType: .isNormal
    case .email: .init(text.isEmail)
    case .countryCode: countryCode(text)
    case .apiDomain: .init(APIDomain(text) != nil)
    }
  }

  private func checkNumber(_ text: String) -> Verdict {
    switch self {
    case .requestID: .isNormal
    case .planType: text.utf8.allSatisfy(\.isPartOfInteger) ? .hasNormalForm(.string(text)) : .isBroken
    case .text, .secret, .email, .countryCode, .apiDomain: .isBroken
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
