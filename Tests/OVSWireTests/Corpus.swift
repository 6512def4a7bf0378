import Foundation
import Testing

/// A text of the corpus, which lies beside the tests.
struct CorpusText: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]

  var testDescription: String { name }

  static let accepted = texts(in: "accept")
  static let rejected = texts(in: "reject")

  /// The texts of a folder; none where it can't be read, which the tests check for.
  private static func texts(in folder: String) -> [CorpusText] {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let files = try? FileManager.default.contentsOfDirectory(
      at: here.appending(components: "Corpus", folder), includingPropertiesForKeys: nil)
    return (files ?? []).sorted { $0.path < $1.path }.compactMap { file in
      (try? Data(contentsOf: file)).map { CorpusText(name: file.lastPathComponent, bytes: Array($0)) }
    }
  }
}
