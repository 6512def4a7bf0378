#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Passwords, names and numbers that the sandbox makes up, of the system's randomness.
///
/// It is fetched in pieces: a system call for each number would cost more than all the rest of a new account.
struct SandboxRandom {
  /// Letters and digits that can't be taken for one another.
  private static let alphabet: StaticString = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
  private static let alphabetSize: UInt64 = 56
  /// As many characters of it as a word holds.
  private static let charactersPerWord = 10

  private var words: [UInt64] = []

  /// Sixty-four random bits.
  mutating func word() -> UInt64 {
    if words.isEmpty {
      // What POSIX.1-2024 gives at most in one call.
      words = Array(repeating: 0, count: 256 / MemoryLayout<UInt64>.size)
      let result = words.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
      precondition(result == 0, "the system gives no randomness")
    }
    return words.removeLast()
  }

  /// A password.
  mutating func password() -> String { Self.password(of: (word(), word())) }

  /// A number that nobody guesses.
  mutating func nonce() -> Int { Int(truncatingIfNeeded: word() >> 1) }

  /// The strong password by the vendor's rule, at least 10 characters, a digit, a letter and an upper-case letter, that
  /// random bits amount to.
  static func password(of words: (UInt64, UInt64)) -> String {
    var words = words
    while true {
      let (text, hasAllKinds) = characters(15, of: words)
      if hasAllKinds { return text }
      words.0 &+= 1
    }
  }

  /// The up to 20 characters that random bits amount to, and whether there are digits, upper-case and lower-case letters
  /// among them.
  static func characters(_ count: Int, of words: (UInt64, UInt64)) -> (text: String, hasAllKinds: Bool) {
    var (hasDigit, hasUpper, hasLower) = (false, false, false)
    let text = String(unsafeUninitializedCapacity: count) { buffer in
      var word = words.0
      for index in 0..<count {
        if index == charactersPerWord { word = words.1 }
        let byte = alphabet.utf8Start[Int(word % alphabetSize)]
        word /= alphabetSize
        if byte < UInt8(ascii: "A") {
          hasDigit = true
        } else if byte < UInt8(ascii: "a") {
          hasUpper = true
        } else {
          hasLower = true
        }
        buffer[index] = byte
      }
      return count
    }
    return (text, hasDigit && hasUpper && hasLower)
  }
}
