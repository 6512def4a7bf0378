#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Passwords and user names that the sandbox makes up, of the system's randomness.
///
/// It is fetched in pieces, and a word is stretched over the characters of a name: system calls for all of them would
/// cost more than all the rest of a new account.
struct SandboxRandom {
  /// Letters and digits that can't be taken for one another: lower case, upper case, and then digits.
  private static let alphabet: StaticString = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
  private static let alphabetSize: UInt64 = 56
  private static let lettersPerCase: UInt64 = 24
  /// As many characters of it as a word holds.
  private static let charactersPerWord = 10

  /// As many as POSIX.1-2024 gives at most in one call.
  private var words = InlineArray<32, UInt64>(repeating: 0)
  /// How many of them have not been used.
  private var left = 0

  /// Sixty-four random bits.
  mutating func word() -> UInt64 {
    if left == 0 {
      let result = getentropy(&words, MemoryLayout.size(ofValue: words))
      precondition(result == 0, "the system gives no randomness")
      left = words.count
    }
    left -= 1
    return words[left]
  }

  /// A password.
  mutating func password() -> String { Self.password(of: word()) }

  /// The strong password by the vendor's rule, at least 10 characters, a digit, a letter and an upper-case letter, that
  /// a random word amounts to.
  static func password(of word: UInt64) -> String {
    var word = word
    while true {
      let (text, hasAllKinds) = characters(15, of: word)
      if hasAllKinds { return text }
      word = stretched(word)
    }
  }

  /// The characters that a random word amounts to, and whether there are digits, upper-case and lower-case letters among
  /// them.
  static func characters(_ count: Int, of word: UInt64) -> (text: String, hasAllKinds: Bool) {
    var kinds = 0
    let text = String(unsafeUninitializedCapacity: count) { buffer in
      let alphabet = alphabet.utf8Start
      var (seen, source, rest) = (0, word, word)
      for index in 0..<count {
        if index > 0, index % charactersPerWord == 0 {
          source = stretched(source)
          rest = source
        }
        let character = rest % alphabetSize
        rest /= alphabetSize
        seen |= 1 << Int(character / lettersPerCase)
        buffer[index] = alphabet[Int(character)]
      }
      kinds = seen
      return count
    }
    return (text, kinds == 0b111)
  }

  /// Another word that looks like one of its own: the next of the sequence called SplitMix64.
  static func stretched(_ word: UInt64) -> UInt64 {
    var next = word &+ 0x9E37_79B9_7F4A_7C15
    next = (next ^ next >> 30) &* 0xBF58_476D_1CE4_E5B9
    next = (next ^ next >> 27) &* 0x94D0_49BB_1331_11EB
    return next ^ next >> 31
  }
}
