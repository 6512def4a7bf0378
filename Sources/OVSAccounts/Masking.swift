/// `text` with `***` in place of each of `secrets` that stands in it, compared byte for byte.
func masked(_ text: String, hiding secrets: [String]) -> String {
  // The longest first: one secret may be part of another.
  let secrets = secrets.map { Array($0.utf8) }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
  var rest = Array(text.utf8)[...]
  var result: [UInt8] = []
  while let byte = rest.first {
    if let secret = secrets.first(where: { rest.starts(with: $0) }) {
      result += "***".utf8
      rest = rest.dropFirst(secret.count)
    } else {
      result.append(byte)
      rest = rest.dropFirst()
    }
  }
  return String(decoding: result, as: UTF8.self)
}
