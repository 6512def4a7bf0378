/// The one of `names` that `word` was most probably meant to be; nil where none is close.
///
/// Close means that no more than half of the letters have to be changed: put in, left out, replaced, or swapped with
/// their neighbour (the distance of optimal string alignment, without case).
public func nearestMatch(to word: String, among names: some Sequence<String>) -> String? {
  let letters = Array(word.lowercased().utf8)
  guard letters.count <= 32 else { return nil }
  var best: (name: String, distance: Int)?
  for name in names {
    let longer = max(letters.count, name.utf8.count)
    guard abs(letters.count - name.utf8.count) * 2 <= longer else { continue }
    let distance = distance(letters, Array(name.lowercased().utf8))
    if distance * 2 <= longer, distance < best?.distance ?? .max { best = (name, distance) }
  }
  return best?.name
}

private func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before = [Int](repeating: 0, count: b.count + 1)
  var row = Array(0...b.count)
  var next = before
  for i in a.indices {
    next[0] = i + 1
    for j in b.indices {
      next[j + 1] = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { next[j + 1] = min(next[j + 1], before[j - 1] + 1) }
    }
    (before, row, next) = (row, next, before)
  }
  return row[b.count]
}

/// ` (did you mean "…"?)` where one of `names` is close to `word`; else nothing.
public func suggestion(for word: String, among names: some Sequence<String>) -> String {
  nearestMatch(to: word, among: names).map { " (did you mean \"\($0)\"?)" } ?? ""
}
