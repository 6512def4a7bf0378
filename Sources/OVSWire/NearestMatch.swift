/// The one of `names` that `word` was most probably meant to be; nil where none is close.
///
/// Close means that no more than half of the letters have to be changed: put in, left out, replaced, or swapped with
/// their neighbour (the distance of optimal string alignment, without case).
public func nearestMatch(to word: String, among names: some Sequence<String>) -> String? {
  let letters = Array(word.lowercased().utf8)
  guard letters.count <= 64 else { return nil }
  var best: (name: String, distance: Int)?
  for name in names {
    let distance = distance(letters, Array(name.lowercased().utf8))
    if distance * 2 <= max(letters.count, name.utf8.count), distance < best?.distance ?? .max {
      best = (name, distance)
    }
  }
  return best?.name
}

private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1]
    for j in b.indices {
      var cost = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      next.append(cost)
    }
    before = row
    row = next
  }
  return row[b.count]
}

/// A name from outside as a message quotes it: in full if it is short, cut if it is not.
public func quoted(_ name: String) -> String {
  let limit = 64
  return name.utf8.count <= limit ? "\"\(name)\"" : "\"\(name.unicodeScalars.prefix(limit))…\""
}

/// ` (did you mean "…"?)` where one of `names` is close to `word`; else nothing.
public func suggestion(for word: String, among names: some Sequence<String>) -> String {
  nearestMatch(to: word, among: names).map { " (did you mean \"\($0)\"?)" } ?? ""
}
