// What builds the program may use Foundation; the program does not.
import Foundation
import PackagePlugin

/// Gives the program a constant, `builtCommit`: the commit it is built from. built-commit.sh finds it out, at each build.
///
/// What the package manager offers for this is too old after a commit: `Context.gitInformation` until Package.swift
/// changes, and a prebuild command until a file comes or goes. A build command runs when one of its inputs has changed
/// since it began; this one changes an input itself, and so runs at the next build, too.
@main
struct BuiltCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let package = context.package.directoryURL
    let script = package.appending(path: "Sources/BuiltCommit/built-commit.sh")
    let file = context.pluginWorkDirectoryURL.appending(path: "BuiltCommit.swift")
    let lastRun = context.pluginWorkDirectoryURL.appending(path: "last-run")
    // An input has to be there.
    try Data().write(to: lastRun)
    return [
      .buildCommand(
        displayName: "Looking up the commit", executable: URL(filePath: "/bin/sh"),
        arguments: [script.path, package.path, file.path, lastRun.path], inputFiles: [script, lastRun],
        outputFiles: [file])
    ]
  }
}
