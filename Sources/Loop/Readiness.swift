import CLinux

/// What a descriptor is ready for, or what is wanted of it.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    /// Wraps the kernel's event bits.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Whether all of the others are among these.
    ///
    /// Called for every event: the standard library's own method goes through witness tables.
    @inlinable
    @inline(__always)
    package func contains(_ others: Readiness) -> Bool {
        rawValue & others.rawValue == others.rawValue
    }

    /// Bytes or a connection can be read.
    package static let readable = Readiness(rawValue: linux_epoll_in)
    /// Bytes can be written.
    package static let writable = Readiness(rawValue: linux_epoll_out)
    /// The peer has closed its writing side.
    package static let peerClosed = Readiness(rawValue: linux_epoll_rdhup)
    /// The connection is gone in both directions; reported unasked.
    package static let hungUp = Readiness(rawValue: linux_epoll_hup)
    /// An error waits on the descriptor; reported unasked.
    package static let failed = Readiness(rawValue: linux_epoll_err)
    /// Of several loops that watch one descriptor, wake only one.
    package static let exclusive = Readiness(rawValue: linux_epoll_exclusive)
}

/// Something that owns a watched descriptor.
package protocol ReadinessHandler: AnyObject {
    /// The descriptor became ready, in a turn of its loop.
    func descriptorReady(_ readiness: Readiness)
}
