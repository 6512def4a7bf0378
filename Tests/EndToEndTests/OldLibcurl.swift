import Foundation

/// The system's libcurl, which pretends not to know what came with 7.80: the function that it asks before it sends a
/// request. For what is done with older ones, where none is at hand.
enum OldLibcurl {
  private static let built = Result { try build() }

  /// Where it is; made once.
  static func path() throws -> String { try built.get() }

  private static func build() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-old-libcurl-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      int curl_easy_setopt(void *easy, int option, void *value) {
        static int (*real)(void *, int, ...);
        if (option == 20312 || option == 10313) return 48;
        if (!real) real = (int (*)(void *, int, ...))dlsym(dlopen("libcurl.so.4", RTLD_NOW), "curl_easy_setopt");
        return real(easy, option, value);
      }
      """
    let file = folder.appendingPathComponent("old.c")
    let library = folder.appendingPathComponent("libcurl-7.66.so").path
    try source.write(to: file, atomically: true, encoding: .utf8)
    // All else is found in the library that it depends on.
    let options = ["clang", "-shared", "-fPIC", "-o", library, file.path, "-Wl,--no-as-needed", "-l:libcurl.so.4"]
    let compiler = try ChildProcess("the compiler", "/usr/bin/env", options)
    let log = try compiler.log()
    guard try compiler.exitStatus() == 0 else { throw Trouble("the old libcurl can't be built: \(log)") }
    return library
  }
}
