/// A name from outside as a message quotes it: on one line whatever it holds, and cut if it is long.
public func quoted(_ name: String) -> String {
  let limit = 64
  var writer = JSONWriter()
  writer.string(name.utf8.count <= limit ? name : String(name.unicodeScalars.prefix(limit)) + "…")
  return String(decoding: writer.bytes.array, as: UTF8.self)
}
