import CLinux

/// Takes the C library's place for Dispatch, which sets the nice value of each thread that it makes
/// and writes a line to the log for each where it may not.
///
/// Users other than root may only raise it, and under systemd's `SystemCallFilter` nobody may touch
/// it. It is a wish: what cannot be had is done without.
@c(setpriority)
public func wishForPriority(_ which: Int32, _ who: UInt32, _ value: Int32) -> Int32 {
    linux_set_priority(which, who, value)
    return 0
}
