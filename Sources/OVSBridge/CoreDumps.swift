#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Keeps the process's memory, in which keys, tokens and passwords are, out of files and of other programs.
public enum CoreDumps {
  /// Linux's PR_SET_DUMPABLE.
  private static let setDumpable: Int32 = 4

  /// Has no core written from here on, and nothing of the memory shown, whatever happens.
  ///
  /// A limit of 0 is not enough on Linux, where a core that goes to a program (`|` in
  /// `/proc/sys/kernel/core_pattern`) is not held to it. So the process is also made one that can't be dumped, as
  /// ssh-agent does. That has a price: what `/proc/PID` shows to its owner alone (memory, environment, descriptors)
  /// belongs to root, and none but root can attach a debugger, which is meant, because both show secrets too. What is
  /// for everybody stays so (`status`, `stat`, `limits`, `cmdline`), and so do signals, `pidfd_open` and the way of a
  /// process to its own descriptors, whoever runs it: the kernel lets a process look at itself.
  ///
  /// The limit stands where the other can't be had, and for a program that should ever be started from here: it is
  /// inherited, and the other is not.
  ///
  /// Swift's runtime answers a crash by writing registers, and the memory that they point to, to stderr. So what it does
  /// at these signals is taken back, unless `SWIFT_BACKTRACE` asks for it. A signal that is sent then ends the process
  /// as it should, too: the runtime goes on after it.
  public static func turnOff() {
    if getenv("SWIFT_BACKTRACE") == nil {
      for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(number, SIG_DFL) }
    }
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    #else
      setrlimit(RLIMIT_CORE, &limit)
    #endif
    #if os(Linux)
      // Swift doesn't see C functions with variable arguments; the kernel takes five of them.
      typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
      if let control = dlsym(nil, "prctl").map({ unsafeBitCast($0, to: Control.self) }) {
        _ = control(setDumpable, 0, 0, 0, 0)
      }
    #endif
  }
}
