/// Carries a value into loops that are stepped by hand, and out of them.
///
/// `@unchecked` because such loops, and all that posts to them or reaches into them, are on one
/// thread. It must not be used with a loop that a queue runs.
package struct OnOneThread<Value>: @unchecked Sendable {
    /// What is carried.
    package let value: Value

    /// Takes a value that stays on its thread.
    package init(_ value: Value) { self.value = value }
}
