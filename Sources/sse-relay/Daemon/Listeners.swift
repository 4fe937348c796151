import Glibc
import HTTPServer
import Loop
import Wire

/// Where clients come in: sockets of our own, or those that systemd keeps.
enum Listeners: ~Copyable {
    case own(ListeningSockets)
    /// Clients that come while no process serves wait in their backlog (sd_listen_fds(3)).
    case systemd([InheritedSocket])

    /// The first descriptor that systemd passes on (`SD_LISTEN_FDS_START`).
    private static let first: Int32 = 3
    private static let place = "LISTEN_FDS"

    /// Takes the sockets that systemd passes on, or else listens where the settings say.
    ///
    /// - Throws: `CannotListen` where another process is there already, `ConfigurationError` where
    ///   systemd's sockets are none to serve.
    static func open(_ settings: ListeningSettings) throws -> Listeners {
        let inherited = try inheritedSockets(settings)
        guard inherited.isEmpty else { return .systemd(inherited) }
        do throws(SystemCallError) {
            let address = settings.address
            return .own(try ListeningSockets(host: address.host, port: address.port))
        } catch {
            throw CannotListen(address: settings.address, error: error)
        }
    }

    /// The descriptors' numbers, for the loops that accept from them.
    var numbers: [Int32] {
        switch self {
        case .own(let sockets): sockets.numbers
        case .systemd(let sockets): sockets.map(\.number)
        }
    }

    /// What clients ask, for the log.
    func urls(_ settings: ListeningSettings) -> String {
        switch self {
        case .own(let sockets): "http://\(settings.address.urlHost):\(sockets.port)"
        case .systemd(let sockets):
            sockets.map { "http://\(Self.urlHost(of: $0)):\($0.port)" }.joined(separator: ", ")
                + " (systemd's)"
        }
    }

    /// What the log has to warn of; nil where there is nothing.
    func warning(_ environment: Environment) -> String? {
        let address = ListeningSettings.address.variable
        switch self {
        case .own: return nil
        case .systemd: break
        }
        guard address.value(setIn: environment) != nil else { return nil }
        return "\(address.name) is not used, since systemd keeps the port;"
            + " change ListenStream= of its socket unit (systemctl edit sse-relay.socket),"
            + " or disable that unit"
    }

    private static func urlHost(of socket: InheritedSocket) -> String {
        let text = "\(socket.address)"
        return text.contains(":") ? "[\(text)]" : text
    }

    private static func inheritedSockets(
        _ settings: ListeningSettings
    ) throws(ConfigurationError) -> [InheritedSocket] {
        var sockets: [InheritedSocket] = []
        for number in first..<first + inheritedCount() {
            do throws(InheritedSocket.Fault) {
                sockets.append(try InheritedSocket(number))
            } catch {
                throw refusal(error)
            }
        }
        for socket in sockets where socket.isExposed && !settings.mayBeExposed {
            throw ConfigurationError(
                place,
                "systemd's socket is on \(socket.address), which others can reach:"
                    + " \(ListeningSettings.exposureCure)"
            )
        }
        return sockets
    }

    /// How many sockets are meant for this process; the variables of a parent are not.
    private static func inheritedCount() -> Int32 {
        guard let process = getenv("LISTEN_PID"), let count = getenv(place),
            parseDecimal(String(cString: process)) == Int(getpid()),
            let number = parseDecimal(String(cString: count)), number < 1000
        else { return 0 }
        return Int32(number)
    }

    private static func refusal(_ fault: InheritedSocket.Fault) -> ConfigurationError {
        switch fault {
        case .notListening(let number):
            ConfigurationError(
                place,
                "descriptor \(number) from systemd is no TCP socket that listens;"
                    + " ListenStream= takes an address and a port"
            )
        case .systemCall(let error):
            ConfigurationError(place, "a socket from systemd cannot be used: \(error)")
        }
    }
}
