import Foundation
import Testing

/// The test server is only as good as its own tests.
@Suite struct AMAPIServerTests {
  @Test("The API server passes its own tests")
  func ownTests() throws {
    let folder = ReadmeTests.root.appendingPathComponent("Tests/AMAPIServer").path
    let tests = try ChildProcess(
      "the API server's tests", "/usr/bin/env",
      ["python3", "-B", "-W", "error", "-m", "unittest", "discover", "-s", folder])
    let log = try tests.log()
    #expect(try tests.exitStatus() == 0, "\(log)")
  }
}
