import OVSAccounts

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether the sandbox's file can be used. It is only looked at: nothing is made or mended.
enum SandboxFindings {
  /// What there is to say about the file of this path.
  static func finding(file path: String) -> Finding {
    var status = stat()
    if stat(path, &status) != 0, errno == ENOENT { return finding(newFile: path) }
    do throws(Sandbox.Fault) {
      let (count, isTorn) = try Sandbox.inspect(path)
      let text = "the sandbox's file \(path) can be used: it keeps \(count) account\(count == 1 ? "" : "s")"
      guard isTorn else { return Finding(.ok, text) }
      return Finding(
        .note, text + "; its last line was being written when its process ended",
        advice: "the next bridge drops that line, whose change was not answered")
    } catch {
      return Finding(
        .problem, error.reason,
        advice: "the bridge won't start with it: name another file with --sandbox-file, or mend it")
    }
  }

  private static func finding(newFile path: String) -> Finding {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else {
      let words = String(cString: strerror(errno))
      return Finding(
        .problem, "the sandbox's file \(path) can't be made: \(words)",
        advice: "make its folder, or name another file with --sandbox-file")
    }
    return Finding(.ok, "the sandbox's file \(path) is not there yet; the bridge will make it")
  }
}
