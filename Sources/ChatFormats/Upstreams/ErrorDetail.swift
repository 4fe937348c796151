package import Wire

/// What a vendor says about a failure beside its type, its message and its code.
package struct ErrorDetail: Sendable, Equatable {
    /// The status that the error has, or that its words stand for; nil where nobody knows.
    package var status: Int?
    /// The member of the request at fault, in the vendor's spelling.
    package var param: String?
    /// Whether the code came as a number.
    package var isCodeNumber = false
    /// The other members of the vendor's error object, such as `metadata` or `innererror`, up to
    /// `maxMemberBytes` of JSON.
    package var members: [JSON.Member] = []

    /// Says nothing.
    package init() {}

    /// How much JSON of a vendor's other members is passed on.
    static let maxMemberBytes = 4096

    /// The members that an error has a place of its own for.
    private static let ownNames = ["type", "message", "code", "param", "object"]

    /// The members of an error object that have no place of their own, the first ones that fit.
    static func members(of error: JSON) -> [JSON.Member] {
        var room = maxMemberBytes
        return (error.members ?? []).filter { member in
            guard !member.isNamed(oneOf: ownNames), member.value != .null else { return false }
            var bytes: [UInt8] = []
            member.value.write(into: &bytes)
            let size = member.key.utf8.count + bytes.count
            guard size <= room else { return false }
            room -= size
            return true
        }
    }
}
