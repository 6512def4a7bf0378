/// A page in the macros of man(7), which groff and mandoc read.
struct Roff {
  /// The page so far.
  private(set) var text = ""

  /// Text as it is to be seen, whatever it holds: dashes, quotes and backslashes stay what a terminal takes, and no line
  /// of it is taken for a request.
  static func escaped(_ text: String) -> String {
    let line = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": #"\(rs"#
      case "-": #"\-"#
      case "'": #"\(aq"#
      case "\"": #"\(dq"#
      case "`": #"\(ga"#
      case "^": #"\(ha"#
      case "~": #"\(ti"#
      case _ where scalar.isASCII: String(scalar)
      default: #"\[u"# + hexadecimal(scalar) + "]"
      }
    }.joined()
    return line.hasPrefix(".") ? #"\&"# + line : line
  }

  static func bold(_ text: String) -> String { #"\fB"# + escaped(text) + #"\fR"# }

  /// For what stands for something else.
  static func italic(_ text: String) -> String { #"\fI"# + escaped(text) + #"\fR"# }

  /// A macro with its arguments, which are texts.
  mutating func macro(_ name: String, _ arguments: String...) {
    text += ([".\(name)"] + arguments.map { "\"\(Self.escaped($0))\"" }).joined(separator: " ") + "\n"
  }

  /// Lines that are escaped already.
  mutating func raw(_ line: String) { text += line + "\n" }

  /// A paragraph's text.
  mutating func line(_ line: String) { raw(Self.escaped(line)) }

  /// Something with what it is: a paragraph under a tag that is escaped already.
  mutating func item(_ tag: String, _ description: String) {
    macro("TP")
    raw(tag)
    line(description)
  }

  /// What is typed, line by line, as it is.
  mutating func code(_ lines: String) {
    macro("EX")
    for line in lines.split(separator: "\n") { self.line(String(line)) }
    macro("EE")
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
