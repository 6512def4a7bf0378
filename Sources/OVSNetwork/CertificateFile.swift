#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of CA certificates in PEM, looked at before libcurl reads it.
public enum CertificateFile {
  /// Why it can't be used.
  public enum Fault: Error, Equatable {
    /// It can't be read, in the system's words.
    case unreadable(String)
    /// It can be read once at most, like a pipe; but it is read for each connection.
    case notRegular
    /// It holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`.
    case withoutCertificates
  }

  /// All of them in the bundles of today are a quarter of a megabyte.
  private static let longest = 16 << 20
  private static let beginnings = ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"]

  /// How many certificates a file holds, at least one.
  public static func count(inFile path: String) throws(Fault) -> Int {
    // A pipe would have to be waited for.
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard let file = fopen(path, "r") else { throw .unreadable(String(cString: strerror(errno))) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), longest))
    let size = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw .unreadable(String(cString: strerror(errno))) }
    let count = bytes[..<size].split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
      .count { line in beginnings.contains { line.starts(with: $0.utf8) } }
    guard count > 0 else { throw .withoutCertificates }
    return count
  }
}
