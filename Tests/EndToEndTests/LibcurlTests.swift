import Foundation
import Testing

/// libcurl is found when it is needed, not before, and its absence is told.
@Suite struct LibcurlTests {
  private func isLoaded(_ bridge: BridgeProcess) throws -> Bool {
    let maps = FileHandle(forReadingAtPath: "/proc/\(bridge.processID)/maps")?.readDataToEndOfFile() ?? Data()
    return String(decoding: maps, as: UTF8.self).contains("libcurl.so")
  }

  @Test("It is loaded for the first request to a real service, and never before")
  func firstUse() throws {
    let server = try AMAPIServer()
    let bridge = try BridgeProcess(environment: ["OVS_API_KEY": "key"])
    _ = try bridge.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#)
    #expect(try !isLoaded(bridge), "the sandbox needs no libcurl")
    try bridge.mustDo(#"{"cmd":1003,"data":{"api_domain":"\#(server.plainDomain)"}}"#, #"{"cmd":1006}"#)
    #expect(try !isLoaded(bridge), "nothing has been sent yet")
    #expect(try bridge.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#).error == 15)
    #expect(try isLoaded(bridge))
  }

  @Test("Where it is missing, or is no libcurl, or an old one, commands say what to install, and the sandbox works")
  func missing() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let old = folder.appendingPathComponent("libcurl-old.so").path
    let source = """
      static struct { int age; const char *version; unsigned number; const char *host; int features; } info
        = {0, "7.65.3", 0x074103, "", 0x84};
      void *curl_version_info(int now) { return &info; }
      """
    let file = folder.appendingPathComponent("old.c")
    try source.write(to: file, atomically: true, encoding: .utf8)
    // The compiler that comes with Swift, which has built the bridge's own C.
    let compiler = try ChildProcess(
      "the compiler", "/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", old, file.path])
    let log = try compiler.log()
    #expect(try compiler.exitStatus() == 0, "\(log)")
    for (path, words) in [
      ("/nowhere/libcurl.so", "can't be loaded"), ("libm.so.6", "is no libcurl"),
      (old, "is too old (7.65.3)"), (file.path, "can't be loaded"),
    ] {
      let options = ["--libcurl", path, "--api-domain", "127.0.0.1:1"]
      let bridge = try BridgeProcess(options, environment: ["OVS_API_KEY": "key"])
      for _ in 0..<2 {
        let answer = try bridge.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#)
        #expect(answer.verdict == "20 not_sent" && answer.isRetryable == true)
        #expect(answer.message.contains(words) && answer.message.contains("apt-get install libcurl4"), "\(answer)")
      }
      try bridge.mustDo(#"{"cmd":1006}"#)
      let sandbox = try BridgeProcess(["--libcurl", path], environment: ["OVS_API_KEY": "key"])
      #expect(try sandbox.ask(#"{"cmd":22,"data":{"email":"a@b"}}"#).error == 15)
    }
  }

  @Test("A hundred thousand requests leave memory and descriptors as they were, on connections used again")
  func endurance() throws {
    let server = try AMAPIServer(["--journal", "100"])
    let bridge = try BridgeProcess(server.bridgeOptions, environment: ["OVS_API_KEY": "key"])
    func ask(_ count: Int) throws {
      let lines = (0..<count).map { #"{"cmd":22,"data":{"email":"user\#($0 % 500)@example.com"},"id":\#($0)}"# + "\n" }
      try bridge.send(Array(lines.joined().utf8))
      for _ in 0..<count {
        let line = try bridge.line()
        if !line.contains(#""error":15,"#) { throw Trouble("a request failed: \(line)") }
      }
    }
    func descriptors() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(bridge.processID)/fd").count
    }
    // Until the allocator has what it keeps.
    for _ in 0..<3 { try ask(10_000) }
    let (memory, open) = (try bridge.memory("VmRSS"), try descriptors())
    for _ in 0..<7 { try ask(10_000) }
    #expect(try bridge.memory("VmRSS") - memory < 1024, "the bridge has grown by so many kB over 70,000 requests")
    #expect(try descriptors() <= open)
    #expect(try server.count("requests") == 100_000)
    #expect(try server.count("connections_accepted") <= 16)
  }
}
