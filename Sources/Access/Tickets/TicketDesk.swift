import HTTPServer
import Wire

/// Gives tickets to callers who are known, and finds out who shows one.
struct TicketDesk {
    let signer: Signer
    let keys: APIKeys?
    /// Whether tokens count, and so what rests on them.
    let takesTokens: Bool
    /// The second since 1970.
    let now: Int

    /// A ticket's text, and for how many seconds it begins something.
    struct Given {
        let text: String
        let seconds: Int
    }

    // MARK: Giving

    /// Gives a ticket to a caller.
    ///
    /// - Throws: 401 where the time of what it would rest on is over, 500 without libcrypto.
    func give(_ purpose: SignedTicket.Purpose, to caller: Caller) throws(Problem) -> Given {
        guard let owner = caller.id, now < caller.proof.end else {
            throw .unauthorized("your token's time is over", code: "invalid_token")
        }
        do throws(LibcryptoRefusal) {
            let ticket = try SignedTicket(
                purpose,
                owner: owner,
                key: caller.proof.key,
                scopes: purpose == .stream
                    ? caller.scopes.intersection(Self.streamScopes) : caller.scopes,
                limits: caller.proof.key == nil ? caller.limits : nil,
                now: now,
                end: caller.proof.end
            )
            return Given(text: try ticket.text(signedBy: signer), seconds: ticket.expires - now)
        } catch {
            throw .noTicket(error)
        }
    }

    /// What streams are opened and read with.
    private static let streamScopes: Scopes = [.chat, .read]

    /// Begins the session of a caller.
    func begin(_ caller: Caller) throws(Problem) -> Session {
        let given = try give(.session, to: caller)
        do throws(LibcryptoRefusal) {
            let mac = try signer.sign(Self.userUse, Array((caller.id ?? "").utf8))
            let user = Base64URL.encode(Array(mac.prefix(Self.userBytes)))
            return Session(
                text: given.text,
                user: user,
                owner: caller.id,
                seconds: given.seconds
            )
        } catch {
            throw .noTicket(error)
        }
    }

    private static let userUse = "v1 user of sse-relay's page"
    private static let userBytes = 9

    // MARK: Taking

    /// Finds out who shows a ticket.
    ///
    /// What it rests on has to count still: a key that is gone ends it, and one that may do less
    /// makes it do less.
    func caller(
        showing text: String,
        for purpose: SignedTicket.Purpose,
        isReadingOn: Bool = false
    ) throws(Problem) -> Caller {
        let ticket: SignedTicket
        do throws(TicketFault) {
            ticket = try SignedTicket(
                text,
                for: purpose,
                signedBy: signer,
                now: now,
                isReadingOn: isReadingOn
            )
        } catch {
            throw .invalid(purpose, error.word)
        }
        let kind: Proof.Kind = purpose == .stream ? .ticket : .session
        guard let id = ticket.key else {
            guard takesTokens else { throw .invalid(purpose, "no token counts any more") }
            let proof = Proof(kind, end: ticket.readsUntil)
            return Caller(
                id: ticket.owner,
                scopes: ticket.scopes,
                limits: ticket.limits,
                proof: proof
            )
        }
        guard let key = keys?.present(id, now: now), equals(key.owner, ticket.owner) else {
            throw .invalid(purpose, "its key is gone")
        }
        return Caller(
            id: key.owner,
            scopes: ticket.scopes.intersection(key.scopes),
            limits: key.limits,
            proof: Proof(kind, key: id, end: min(ticket.readsUntil, key.expires ?? .max))
        )
    }
}

extension Problem {
    /// A ticket or a session that does not count.
    fileprivate static func invalid(
        _ purpose: SignedTicket.Purpose,
        _ reason: String
    ) -> Problem {
        var problem =
            switch purpose {
            case .stream:
                Problem.unauthorized(
                    "this ticket does not count here, or does not any more; POST /chat/tickets"
                        + " gives another",
                    code: "invalid_ticket"
                )
            case .session:
                Problem.unauthorized("your session is over; log in again", code: "invalid_session")
            }
        problem.loggedReason = "a \(purpose.rawValue) ticket that does not count: \(reason)"
        return problem
    }

    /// Nothing could be signed.
    fileprivate static func noTicket(_ error: LibcryptoRefusal) -> Problem {
        var problem = Problem(
            .internalServerError,
            type: "server_error",
            message: "no ticket can be made at the moment"
        )
        problem.loggedReason = "\(error)"
        return problem
    }

    /// A login where nobody is asked who they are.
    static let nobodyLogsIn = Problem(
        .notFound,
        type: "not_found_error",
        message: "this relay asks nobody for a key, so there are no tickets and no sessions here",
        code: "no_login"
    )
}
