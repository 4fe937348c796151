/// What keeps a line of a `.env` file from being read alike everywhere, and the cure.
///
/// It names variables, and never shows what they are set to.
enum DotEnvProblem: Error, Equatable, CustomStringConvertible {
    /// There is no `=`; after a name that is known, where that begins the line.
    case noAssignment(to: String?)
    /// What is before the `=` is no name.
    case noName
    case export(String)
    case blankBeforeEquals(String)
    case blankBeforeValue(String)
    case blankAfterValue(String)
    case quotes(String)
    case backslash(String)
    /// A comment follows the value.
    case comment(String)
    /// A comment ends in a backslash.
    case commentGoesOn
    /// The line begins with `;`.
    case semicolon
    case controlCharacter
    /// The line begins with the mark of UTF-8.
    case byteOrderMark

    var description: String {
        switch self {
        case .noAssignment(nil): "expected NAME=value; there is no ="
        case .noAssignment(let name?): "expected NAME=value; there is no = after \(name)"
        case .noName: "expected NAME=value; what is before the = is no name"
        case .export(let name):
            "systemd and docker know no export; begin the line with \(name)="
        case .blankBeforeEquals(let name):
            "expected NAME=value; \(name) has a blank before its =, which docker refuses; remove it"
        case .blankBeforeValue(let name):
            "the blank after \(name)= is a part of the value for docker alone; remove it"
        case .blankAfterValue(let name):
            "the blank at the end of \(name)'s value is a part of it for docker alone; remove it"
        case .quotes(let name):
            "the value of \(name) begins with a quote, which systemd removes and docker keeps;"
                + " write it without quotes, also where it has blanks"
        case .backslash(let name):
            "the value of \(name) has a backslash, which systemd removes and docker keeps;"
                + " only the process's own environment can hold it"
        case .comment(let name):
            "what follows # is a part of \(name)'s value for systemd and docker; give a comment a"
                + " line of its own; only the process's own environment can hold a # after a blank"
        case .commentGoesOn:
            "older versions of systemd take the next line for a part of this comment; remove the"
                + " backslash at its end"
        case .semicolon: "; begins no comment for docker; write # in its place"
        case .controlCharacter:
            "a control character, which systemd refuses or takes for the line's end; remove it"
        case .byteOrderMark:
            "a byte order mark begins it, which systemd takes for a part of the name; save the file"
                + " as UTF-8 without it"
        }
    }
}
