import Foundation
import OVSNetwork
import Testing

@testable import OVSDoctor

/// Whether there are CA certificates.
@Suite struct CACertificatesTests {
  private static let certificate = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"

  /// A folder that goes with the test.
  private final class Place {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func file(_ name: String, _ text: String) throws -> String {
      let path = folder.appendingPathComponent(name).path
      try text.write(toFile: path, atomically: false, encoding: .utf8)
      return path
    }
  }

  @Test("The certificates of a file are counted, whatever stands between them and however its lines end")
  func file() throws {
    let place = try Place()
    let two =
      "# CA\n" + Self.certificate + "\nAnother\r\n" + Self.certificate.replacingOccurrences(of: "\n", with: "\r\n")
    let path = try place.file("ca.pem", two)
    let finding = CACertificates.finding(file: nil, library: .file(path), missing: .problem)
    #expect(finding == Finding(.ok, "2 CA certificates in \(path)"))
    let alone = CACertificates.finding(file: path, library: .file("/nowhere"), missing: .problem)
    #expect(alone == Finding(.ok, "2 CA certificates in \(path), and no others are trusted"))
  }

  @Test("A file that is missing, empty or no file is told, with what to install")
  func badFiles() throws {
    let place = try Place()
    let empty = try place.file("empty", "")
    let other = try place.file("other", "a -----BEGIN CERTIFICATE-----\n")
    for (path, words) in [
      ("/nowhere/ca.pem", "can't be read: No such file or directory"), (empty, "holds no certificates"),
      (other, "holds no certificates"), (place.folder.path, "is no regular file"),
    ] {
      for verdict in [Finding.Verdict.problem, .note] {
        let finding = CACertificates.finding(file: nil, library: .file(path), missing: verdict)
        #expect(finding.verdict == verdict && finding.text.hasSuffix("\(path) \(words)"), "\(finding)")
        #expect(finding.advice?.contains("apt-get install ca-certificates") ?? false)
      }
    }
  }

  @Test("Of a folder those count that TLS libraries find")
  func folder() throws {
    let place = try Place()
    let library = { CACertificates.finding(file: nil, library: .folder(place.folder.path), missing: .problem) }
    _ = try place.file("readme.txt", "")
    #expect(library().verdict == .problem && library().text.hasSuffix("holds none"))
    _ = try place.file("0123abcd.0", Self.certificate)
    #expect(library() == Finding(.ok, "1 CA certificate in \(place.folder.path)"))
    #expect(CACertificates.finding(file: nil, library: .folder("/nowhere"), missing: .problem).verdict == .problem)
    for name in ["0123abcd", "0123abcd.", "0123abcg.0", "0123abcd.pem", "0123abcd.0.1", ".0"] {
      #expect(!CACertificates.isHashed(name), "\(name)")
    }
  }

  @Test("What libcurl doesn't tell is no problem")
  func untold() {
    for library in [.ofTLSLibrary, .unknown] as [Libcurl.CACertificates] {
      #expect(CACertificates.finding(file: nil, library: library, missing: .problem).verdict == .note)
    }
  }
}
