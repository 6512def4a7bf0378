/// `text` with `***` in place of each of `secrets` that stands in it, as it is or as a form writes it; compared byte for
/// byte.
func masked(_ text: String, hiding secrets: [String]) -> String {
  let spellings = secrets.flatMap { secret in
    let plain = Array(secret.utf8)
    let encoded = formEncoded(secret)
    return plain == encoded ? [plain] : [plain, encoded]
  }
  // The longest first: one secret may be part of another.
  let needles = spellings.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
  var rest = Array(text.utf8)[...]
  var result: [UInt8] = []
  while let byte = rest.first {
    if let secret = needles.first(where: { rest.starts(with: $0) }) {
      result += "***".utf8
      rest = rest.dropFirst(secret.count)
    } else {
      result.append(byte)
      rest = rest.dropFirst()
    }
  }
  return String(decoding: result, as: UTF8.self)
}
