import Foundation
import OVSBridge
import Testing

/// What the program says it is: its version, and the commit that it was built from.
@Suite struct VersionTests {
  @Test("--version is one line: the version, the commit where the build knew it, and the protocol")
  func line() throws {
    let bridge = try BridgeProcess(["--version"])
    let lines = try bridge.lines()
    let version = NSRegularExpression.escapedPattern(for: bridgeVersion)
    let pattern = #"^ovs-bridge \#(version) \((commit [0-9a-f]{12,}\+?, )?protocol \#(bridgeProtocolVersion)\)$"#
    #expect(lines.count == 1 && lines[0].range(of: pattern, options: .regularExpression) != nil, "\(lines)")
    let (status, log) = (try bridge.exitStatus(), try bridge.log())
    #expect(status == 0 && log.isEmpty, "\(log)")
  }

  /// A folder with a package in it, and what is done to it before it is built.
  struct Package: Sendable, CustomStringConvertible {
    let description: String
    /// Shell commands, in the package's folder.
    var commands: String
    /// What is told of it: `COMMIT` for the last commit of its folder.
    let told: String
    /// The environment of the build; `FOLDER` in it is the one that the package's is in.
    var environment: [String: String] = [:]
  }

  static let packages = [
    Package(description: "a commit", commands: "commit", told: "COMMIT"),
    Package(description: "a second one", commands: "commit; commit", told: "COMMIT"),
    Package(description: "a source edited", commands: "commit; echo edited >> Sources/a/a.swift", told: "COMMIT+"),
    Package(description: "an edit added", commands: "commit; echo >> Package.swift; git add .", told: "COMMIT+"),
    Package(description: "a new source", commands: "commit; echo > Sources/a/b.swift", told: "COMMIT+"),
    Package(description: "a source gone", commands: "commit; rm Sources/a/a.swift", told: "COMMIT+"),
    Package(
      description: "what the program isn't made of", commands: "commit; echo >> README.md; echo > new", told: "COMMIT"),
    Package(
      description: "a user who doesn't want to see new files",
      commands: "git config status.showUntrackedFiles no; commit; echo > Sources/a/b.swift", told: "COMMIT+"),
    Package(
      description: "a shallow clone",
      commands: "commit; commit; git clone -q --depth 1 \"file://$PWD\" ../clone; rm -rf .git; mv ../clone/.git .",
      told: "COMMIT"),
    Package(
      description: "a work tree of its own",
      commands: "commit; cd ..; mv package first; git -C first worktree add -q ../package", told: "COMMIT"),
    Package(
      description: "a build in a hook of another repository's", commands: "commit", told: "COMMIT",
      environment: ["GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nowhere/index"]),
    Package(description: "no repository", commands: "rm -rf .git", told: "nil"),
    Package(description: "no commit yet", commands: ":", told: "nil"),
    Package(
      description: "a folder in another repository",
      commands: "rm -rf .git; cd ..; git init -q; git add .; commit", told: "nil"),
    Package(
      description: "somebody else's repository (safe.directory)", commands: "commit", told: "nil",
      environment: ["GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"]),
    Package(description: "a damaged repository", commands: "commit; echo > .git/index", told: "nil"),
    Package(
      description: "no git",
      commands: "commit; mkdir ../bin; for name in cat mv; do ln -s \"$(command -v $name)\" ../bin; done", told: "nil",
      environment: ["PATH": "FOLDER/bin"]),
  ]

  @Test("The commit is told that the package is built from, and none where that isn't known", arguments: packages)
  func commit(_ package: Package) throws {
    let folder = try Folder(package.commands)
    #expect(try folder.build(package.environment) == package.told.replacingOccurrences(of: "COMMIT", with: folder.head))
  }

  @Test("The file is written when it changes, and not else, but each run is seen by the next build")
  func unchanged() throws {
    let folder = try Folder("commit")
    _ = try folder.build()
    let (file, run) = (try folder.inode("BuiltCommit.swift"), try folder.inode("last-run"))
    _ = try folder.build()
    #expect(try folder.inode("BuiltCommit.swift") == file, "the program would be compiled at each build")
    #expect(try folder.inode("last-run") != run, "the next build wouldn't look again")
    try folder.run("commit")
    #expect(try folder.build() == folder.head)
    #expect(try folder.inode("BuiltCommit.swift") != file)
  }

  @Test("A build that can't write anything is told so")
  func noPlace() throws {
    let folder = try Folder("commit; rm -rf ../built")
    let build = try folder.script()
    #expect(try build.exitStatus() != 0)
  }

  /// A package in a repository, and what its build has written beside it.
  private final class Folder {
    private let path: String
    private static let script = ReadmeTests.root.appendingPathComponent("Sources/BuiltCommit/built-commit.sh").path

    init(_ commands: String) throws {
      path = FileManager.default.temporaryDirectory.appendingPathComponent("ovs-bridge-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path + "/package/Sources/a", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(atPath: path + "/built", withIntermediateDirectories: true)
      try run("echo > Sources/a/a.swift; echo > Package.swift; echo > README.md; git init -q; git add .; \(commands)")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Runs commands in the package's folder; `commit` makes a commit, of what has been added or of nothing.
    func run(_ commands: String) throws {
      let author = "-c user.name=a -c user.email=a@b.de -c commit.gpgsign=false -c core.hooksPath=/nowhere"
      let commit = "commit() { git \(author) commit -q --allow-empty -m c; }"
      let shell = try ChildProcess("git", "/bin/sh", ["-ec", "cd '\(path)/package'; \(commit); \(commands)"])
      let log = try shell.log()
      guard try shell.exitStatus() == 0 else { throw Trouble("\(commands) failed: \(log)") }
    }

    /// The last commit.
    var head: String {
      get throws {
        try ChildProcess("git", "/usr/bin/env", ["git", "-C", path + "/package", "rev-parse", "--short=12", "HEAD"])
          .lines().first ?? "no commit"
      }
    }

    /// What a build does first.
    func script(_ environment: [String: String] = [:]) throws -> ChildProcess {
      let arguments = [Self.script, path + "/package", path + "/built/BuiltCommit.swift", path + "/built/last-run"]
      let variables = environment.mapValues { $0.replacingOccurrences(of: "FOLDER", with: path) }
      return try ChildProcess("the script", "/bin/sh", arguments, environment: variables)
    }

    /// What that tells of the commit.
    func build(_ environment: [String: String] = [:]) throws -> String {
      let script = try script(environment)
      let log = try script.log()
      guard try script.exitStatus() == 0, log.isEmpty else { throw Trouble("the build failed: \(log)") }
      let text = try String(contentsOfFile: path + "/built/BuiltCommit.swift", encoding: .utf8)
      let start = "let builtCommit: String? = "
      guard text.hasPrefix(start), text.hasSuffix("\n") else { throw Trouble("the build wrote \(text)") }
      return text.dropFirst(start.count).dropLast().replacingOccurrences(of: "\"", with: "")
    }

    /// Which file this is, whatever it holds.
    func inode(_ name: String) throws -> Int {
      let attributes = try FileManager.default.attributesOfItem(atPath: path + "/built/" + name)
      return attributes[.systemFileNumber] as? Int ?? -1
    }
  }
}
