import OVSAccounts

extension UTCTime {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Reads a date as HTTP and certificates write it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7),
  /// `Nov  6 08:49:37 1994 GMT` (OpenSSL), `1994-11-06 08:49:37 GMT` (libcurl's own reading of a certificate). Nil for
  /// anything else.
  init?(dateInWords text: String) {
    var (year, month, day, time): (Substring?, Substring?, Substring?, Substring?)
    for word in text.split(whereSeparator: { $0 == " " || $0 == "," }) {
      let size = word.utf8.count
      if size == 10, word.dropFirst(4).first == "-" {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, year == nil else { return nil }
        (year, month, day) = (parts[0], parts[1], parts[2])
      } else if let index = Self.months.firstIndex(of: String(word)) {
        month = Substring(Self.twoDigits(String(index + 1)))
      } else if word.first?.isNumber ?? false {
        switch size {
        case 1, 2: day = Substring(Self.twoDigits(String(word)))
        case 4: year = word
        case 8: time = word
        default: return nil
        }
      } else if size != 3 {
        return nil
      }
    }
    guard let year, let month, let day, let time else { return nil }
    self.init("\(year)-\(month)-\(day)T\(time)Z")
  }

  private static func twoDigits(_ number: String) -> String { number.utf8.count == 1 ? "0" + number : number }
}
