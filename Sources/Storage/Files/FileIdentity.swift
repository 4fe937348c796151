/// Which file it is, whatever its name.
package struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// Names a file by its file system and its number there.
    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}
