import OVSNetwork

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The CA certificates that libcurl will check the service's by.
enum CACertificates {
  /// How the system's are installed.
  static let installation =
    "Debian, Ubuntu: apt-get install ca-certificates; Fedora: dnf install ca-certificates; "
    + "Alpine: apk add ca-certificates"
  /// What to do where there are none.
  static let advice = "install the system's (\(installation)) or name others with --ca-file PATH"

  /// What there is to say about them.
  ///
  /// - Parameters:
  ///   - file: what --ca-file names, if anything.
  ///   - library: what libcurl trusts without that.
  ///   - missing: how it stands if there are none.
  static func finding(
    file: String?, library: Libcurl.CACertificates, missing: Finding.Verdict
  ) -> Finding {
    switch (file, library) {
    case (let file?, _): finding(file: file, "and no others are trusted", missing)
    case (nil, .file(let file)): finding(file: file, nil, missing)
    case (nil, .folder(let folder)): finding(folder: folder, missing)
    case (nil, .ofTLSLibrary):
      Finding(.note, "the CA certificates are those of the system or the TLS library; libcurl names none")
    case (nil, .unknown): Finding(.note, "this libcurl doesn't tell where its CA certificates are")
    }
  }

  private static func finding(file: String, _ extra: String?, _ missing: Finding.Verdict) -> Finding {
    let reason: String
    do throws(CertificateFile.Fault) {
      let count = try CertificateFile.count(inFile: file)
      return Finding(.ok, found(count, "in \(file)" + (extra.map { ", \($0)" } ?? "")))
    } catch {
      reason =
        switch error {
        case .unreadable(let words): "can't be read: \(words)"
        case .notRegular: "is no regular file"
        case .withoutCertificates: "holds no certificates"
        }
    }
    return Finding(missing, "no CA certificates to check the service's by: \(file) \(reason)", advice: advice)
  }

  private static func finding(folder: String, _ missing: Finding.Verdict) -> Finding {
    guard let entries = opendir(folder) else {
      let reason = "\(folder) can't be read: \(String(cString: strerror(errno)))"
      return Finding(missing, "no CA certificates to check the service's by: \(reason)", advice: advice)
    }
    defer { closedir(entries) }
    var count = 0
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if isHashed(name) { count += 1 }
    }
    guard count > 0 else {
      return Finding(missing, "no CA certificates to check the service's by: \(folder) holds none", advice: advice)
    }
    return Finding(.ok, found(count, "in \(folder)"))
  }

  /// Whether TLS libraries find a certificate under this name: eight hexadecimal digits, a dot and a number.
  static func isHashed(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].utf8.count == 8 && parts[0].allSatisfy(\.isHexDigit)
      && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
  }

  private static func found(_ count: Int, _ place: String) -> String {
    "\(count) CA certificate\(count == 1 ? "" : "s") \(place)"
  }
}
