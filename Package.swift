// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let cSettings: [CSetting] = [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]

let package = Package(
  name: "ovs-bridge",
  platforms: [.macOS(.v26)],
  products: [.executable(name: "ovs-bridge", targets: ["ovs-bridge"])],
  targets: [
    // The way of a command: bytes and envelopes, what the commands mean, the process around them.
    .target(name: "OVSWire", swiftSettings: settings),
    .target(name: "OVSAccounts", dependencies: ["OVSWire"], swiftSettings: settings),
    .target(name: "CCurl", cSettings: cSettings),
    .target(name: "OVSNetwork", dependencies: ["OVSAccounts", "CCurl"], swiftSettings: settings),
    .target(name: "OVSBridge", dependencies: ["OVSWire", "OVSAccounts"], swiftSettings: settings),
    .target(
      name: "OVSDoctor", dependencies: ["OVSWire", "OVSAccounts", "OVSNetwork", "OVSBridge"], swiftSettings: settings),
    .executableTarget(
      name: "ovs-bridge", dependencies: ["OVSWire", "OVSAccounts", "OVSNetwork", "OVSBridge", "OVSDoctor"],
      swiftSettings: settings, plugins: ["BuiltCommit"]),
    .plugin(
      name: "BuiltCommit", capability: .buildTool(), path: "Sources/BuiltCommit", exclude: ["built-commit.sh"]),

    // What the fuzzer asks about the wire.
    .executableTarget(
      name: "fuzz-probe", dependencies: ["OVSWire"], path: "Tests/Fuzz/Probe", swiftSettings: settings),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "OVSWireTests", dependencies: ["OVSWire", "TestSupport"], exclude: ["Corpus"], swiftSettings: settings),
    .testTarget(
      name: "OVSAccountsTests", dependencies: ["OVSAccounts", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "OVSNetworkTests", dependencies: ["OVSNetwork"], swiftSettings: settings),
    .testTarget(
      name: "OVSBridgeTests", dependencies: ["OVSBridge", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "OVSDoctorTests", dependencies: ["OVSDoctor"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests", dependencies: ["ovs-bridge", "OVSWire", "OVSAccounts", "OVSBridge", "TestSupport"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
