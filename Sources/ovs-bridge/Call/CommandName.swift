import OVSWire

/// What a command is called behind `call`.
extension Command {
  /// Its name in short: `add-client`.
  var shortName: String { Self.short(name) }

  /// What it is likely to be called: its name, that in short, and its number.
  var typedNames: [String] { [name, shortName, String(number)] }

  /// A name as it is in short, whichever way it is spelt.
  static func short(_ name: String) -> String {
    let name = name.lowercased().map { $0 == "_" ? "-" : $0 }
    let prefix = namePrefix.lowercased().map { $0 == "_" ? "-" : $0 }
    return String(name.starts(with: prefix) ? name.dropFirst(prefix.count) : name[...])
  }
}
