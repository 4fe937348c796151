/// What becomes of the cache where it could not be brought to the disk; it counts as safe then.
///
/// File systems differ in it.
enum FailedSyncHabit {
    /// It goes on being read, as with ext4.
    case keepsPages
    /// What the disk has is read, and zeros where the file has grown.
    case readsOld
    /// What the disk has is read, and the file is only that long.
    case cutsOff
}
