import Glibc

/// The sole owner of an open file descriptor, which is closed exactly once, when the owner goes.
package struct Descriptor: ~Copyable {
    /// The descriptor's number, valid for as long as this value lives.
    package let number: Int32

    /// Takes over a descriptor that nothing else closes.
    package init(owning number: Int32) {
        self.number = number
    }

    /// Gives the descriptor up without closing it, to hand it to another owner.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    deinit {
        // Not retried after EINTR: on Linux the number is free again even then (close(2)).
        _ = close(number)
    }
}
