import Foundation

/// A look-up of names that takes an hour, to be loaded before the C library's.
enum HangingLookUp {
  private static let built = Result { try build() }

  static func path() throws -> String { try built.get() }

  private static func build() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-look-up-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent("hanging.c")
    let library = folder.appendingPathComponent("hanging.so").path
    let source = """
      #include <unistd.h>
      int getaddrinfo(const char *name, const char *service, const void *hints, void **result) {
        sleep(3600);
        return -3;
      }
      """
    try source.write(to: file, atomically: true, encoding: .utf8)
    let compiler = try ChildProcess(
      "the compiler", "/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", library, file.path])
    let log = try compiler.log()
    guard try compiler.exitStatus() == 0 else { throw Trouble("the look-up can't be built: \(log)") }
    return library
  }
}
