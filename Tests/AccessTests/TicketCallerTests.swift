import HTTPServer
import Testing
import Wire

@testable import Access

/// Callers who show a ticket or a session, and what became meanwhile of what it rests on.
@Suite struct TicketCallerTests {
    private static let now = TestIssuer.now
    private static let signer = try? Signer(secret: TestSecret.bytes)

    private let issuer: TestIssuer
    private let key: APIKey
    private let keyText: String

    init() throws {
        issuer = try TestIssuer(.hs256)
        let text = try APIKeyText.draw()
        keyText = text.secretText
        key = APIKey(
            name: "ann",
            id: text.id,
            digest: try KeyDigest(of: keyText),
            scopes: .common
        )
    }

    private func callers(_ keys: [APIKey]?, hasTokens: Bool = true) throws -> KnownCallers {
        let set = try KeySet([issuer.verificationKey])
        return KnownCallers(
            .init(
                keys: keys.map(APIKeys.init),
                tokens: hasTokens ? .held(JWTVerifier(keys: set)) : nil,
                signer: Self.signer
            )
        )
    }

    private func head(_ target: String, _ fields: HeaderFields = [:]) throws -> RequestHead {
        var text = "GET \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for field in fields.fields { text += "\(field.name): \(field.value)\r\n" }
        var parser = RequestParser(limits: RequestLimits())
        let bytes = Array((text + "\r\n").utf8)
        let parsed = try parser.parse(bytes.span)
        return try #require(parsed?.head)
    }

    /// A ticket's text, for whoever shows that credential.
    private func ticket(for credential: String, at now: Int = now) throws -> String {
        let all = try callers([key])
        let fields: HeaderFields = ["Authorization": "Bearer \(credential)"]
        let caller = try all.caller(head("/x", fields), .nothing, now: now)
        return try all.streamTicket(for: caller, now: now).text
    }

    /// The cookie of somebody who logs in with that credential.
    private func cookie(for credential: String, at now: Int = now) throws -> HeaderFields {
        let session = try self.session(try callers([key]), credential, now: now)
        return ["Cookie": "relay_page=1; relay_session=\(session.text)"]
    }

    /// Begins a session with keys that are there.
    private func session(
        _ callers: KnownCallers,
        _ credential: String,
        now: Int
    ) throws -> Session {
        do throws(Verification.Obstacle) {
            return try callers.session(for: credential, now: now)
        } catch {
            guard case .refused(let problem) = error else { throw error }
            throw problem
        }
    }

    /// Who asks, or the code with which nobody is let in.
    private func result(
        _ callers: KnownCallers,
        _ target: String,
        _ fields: HeaderFields = [:],
        _ use: TicketUse = .opening,
        now: Int = now
    ) throws -> Result<Caller, Problem> {
        let head = try head(target, fields)
        do throws(Verification.Obstacle) {
            return .success(try callers.caller(head, use, now: now))
        } catch {
            guard case .refused(let problem) = error else { throw error }
            return .failure(problem)
        }
    }

    private func code(_ result: Result<Caller, Problem>) -> String? {
        if case .failure(let problem) = result { problem.code } else { nil }
    }

    // MARK: Keys

    /// What becomes of a key after it was traded.
    enum Change: CaseIterable {
        case nothing, gone, allGone, madeAnew, expired, expiresLater, readsOnly, hasLimits
    }

    private func keys(after change: Change) throws -> [APIKey]? {
        var key = key
        switch change {
        case .nothing: break
        case .gone: return []
        case .allGone: return nil
        case .madeAnew:
            let text = try APIKeyText.draw()
            let digest = try KeyDigest(of: text.secretText)
            key = APIKey(name: "ann", id: text.id, digest: digest, scopes: .common)
        case .expired: key.expires = Self.now
        case .expiresLater: key.expires = Self.now + 1
        case .readsOnly: key.scopes = [.read, .metrics]
        case .hasLimits: key.limits.generations = 3
        }
        return [key]
    }

    @Test(arguments: Change.allCases)
    func `a ticket and a session count as far as their key does now`(change: Change) throws {
        let cookie = try cookie(for: keyText)
        let target = "/x?a=b&ticket=\(try ticket(for: keyText))"
        let callers = try callers(try keys(after: change))
        let found = [try result(callers, target), try result(callers, "/x", cookie)]
        let isGone = [Change.gone, .allGone, .madeAnew, .expired].contains(change)
        #expect(found.map(code) == (isGone ? ["invalid_ticket", "invalid_session"] : [nil, nil]))
        guard !isGone else { return }
        for (result, kind) in zip(found, [Proof.Kind.ticket, .session]) {
            let caller = try result.get()
            #expect(caller.id == "key/ann" && caller.proof.kind == kind)
            #expect(caller.proof.key == key.id)
            let most: Scopes = kind == .ticket ? [.chat, .read] : .common
            #expect(caller.scopes == (change == .readsOnly ? .read : most))
            #expect(caller.limits?.generations == (change == .hasLimits ? 3 : nil))
        }
        guard change == .expiresLater else { return }
        let later = try result(callers, "/x", cookie, now: Self.now + 1)
        #expect(code(later) == "invalid_session")
    }

    @Test func `a key that may do everything gives a ticket for streams alone`() throws {
        var root = key
        root.scopes = .admin
        let admins = try callers([root])
        let fields: HeaderFields = ["x-api-key": keyText]
        let caller = try result(admins, "/x", fields).get()
        let ticket = try admins.streamTicket(for: caller, now: Self.now)
        #expect(ticket.seconds == 60)
        #expect(try result(admins, "/x?ticket=\(ticket.text)").get().scopes == [.chat, .read])
        let session = try self.session(admins, keyText, now: Self.now)
        let cookie: HeaderFields = ["Cookie": "relay_session=\(session.text)"]
        #expect(try result(admins, "/x", cookie).get().scopes == .admin)
    }

    // MARK: Tokens

    @Test func `what rests on a token ends with it, and with tokens`() throws {
        // It expires in ten minutes.
        let token = issuer.token()
        let cookie = try cookie(for: token)
        let target = "/x?ticket=\(try ticket(for: token))"
        let callers = try callers([key])
        #expect(try result(callers, "/x", cookie).get().id == "user/alice")
        #expect(try result(callers, target).get().id == "user/alice")
        let end = Self.now + 600
        for (now, isGood) in [(end - 1, true), (end, false)] {
            let session = try result(callers, "/x", cookie, now: now)
            #expect(code(session) == (isGood ? nil : "invalid_session"))
            let reading = try result(callers, target, [:], .readingOn, now: now)
            #expect(code(reading) == (isGood ? nil : "invalid_ticket"))
        }
        let keysAlone = try self.callers([key], hasTokens: false)
        #expect(code(try result(keysAlone, "/x", cookie)) == "invalid_session")
        #expect(code(try result(keysAlone, target)) == "invalid_ticket")
        // The clocks' leeway lets a token in for a minute more, and gives nothing that would last.
        #expect(throws: Problem.self) { try session(callers, token, now: end + 30) }
    }

    // MARK: Time

    @Test func `a ticket opens for a minute, and lets a reader go on for an hour more`() throws {
        let target = "/x?ticket=\(try ticket(for: keyText))"
        let callers = try callers([key])
        let rows: [(seconds: Int, TicketUse, isGood: Bool)] = [
            (59, .opening, true), (60, .opening, false), (60, .readingOn, true),
            (3659, .readingOn, true), (3660, .readingOn, false),
        ]
        for (seconds, use, isGood) in rows {
            let found = try result(callers, target, [:], use, now: Self.now + seconds)
            #expect(code(found) == (isGood ? nil : "invalid_ticket"), "\(seconds) \(use)")
        }
    }

    @Test func `a session lasts twelve hours`() throws {
        let cookie = try cookie(for: keyText)
        for (seconds, isGood) in [(0, true), (12 * 3600 - 1, true), (12 * 3600, false)] {
            let callers = try callers([key])
            let found = try result(callers, "/x", cookie, now: Self.now + seconds)
            #expect(code(found) == (isGood ? nil : "invalid_session"), "\(seconds)")
        }
    }

    // MARK: What is shown

    @Test func `a ticket stands alone, once, where one is taken`() throws {
        let ticket = try ticket(for: keyText)
        let session = try cookie(for: keyText)
        let callers = try callers([key])
        let withKey: HeaderFields = ["Authorization": "Bearer \(keyText)"]
        let one = "/x?prompt=a+ticket&ticket=\(ticket)"
        let rows: [(String, HeaderFields, TicketUse, Status?, String?)] = [
            (one, [:], .opening, nil, nil),
            (one, session, .opening, nil, nil),
            (one, [:], .nothing, .badRequest, "ticket"),
            (one, withKey, .nothing, .badRequest, "ticket"),
            (one, withKey, .opening, .unauthorized, "invalid_credential"),
            (one, ["Authorization": "Basic YQ"], .opening, .unauthorized, "invalid_credential"),
            ("\(one)&ticket=\(ticket)", [:], .opening, .badRequest, "ticket"),
            ("\(one)&%74icket=x", [:], .opening, .badRequest, "ticket"),
            ("/x?ticket=", [:], .opening, .unauthorized, "invalid_ticket"),
            ("/x?ticket", [:], .opening, .unauthorized, "missing_api_key"),
            ("/x?ticket=\(ticket)x", [:], .opening, .unauthorized, "invalid_ticket"),
            ("/x?ticket=\(keyText)", [:], .opening, .unauthorized, "invalid_ticket"),
            ("/x?ticket=x", session, .opening, .unauthorized, "invalid_ticket"),
            ("/x?tickets=\(ticket)", [:], .opening, .unauthorized, "missing_api_key"),
            ("/x?prompt=ticket", withKey, .nothing, nil, nil),
        ]
        for (target, fields, use, status, code) in rows {
            // Once it is known and once it is not, and the other way round.
            for _ in 0..<2 {
                let found = try result(callers, target, fields, use)
                guard case .failure(let problem) = found else {
                    #expect(status == nil, "\(target)")
                    continue
                }
                #expect(problem.status == status && problem.code == code, "\(target)")
                let texts = [problem.message, problem.loggedReason ?? ""]
                #expect(!texts.contains { $0.contains(ticket) })
            }
        }
    }

    @Test func `of two cookies the one that only TLS brings counts, and a key before both`() throws
    {
        let callers = try callers([key])
        let session = try self.session(callers, keyText, now: Self.now).text
        let rows: [(HeaderFields, String?)] = [
            (["Cookie": "__Host-relay_session=\(session); relay_session=x"], nil),
            (["Cookie": "relay_session=\(session); __Host-relay_session=x"], "invalid_session"),
            (["Cookie": "relay_session=\(session)x"], "invalid_session"),
            (["Cookie": "relay_session="], "invalid_session"),
            (["Cookie": "session=\(session)"], "missing_api_key"),
            (["Cookie": "relay_session=x", "x-api-key": keyText], nil),
            (["Cookie": "relay_session=\(session)", "x-api-key": "x"], "invalid_api_key"),
            (
                ["Cookie": "relay_session=\(session)", "x-api-key": "x", "api-key": "y"],
                "invalid_credential"
            ),
        ]
        for (fields, wanted) in rows {
            for _ in 0..<2 { #expect(code(try result(callers, "/x", fields)) == wanted) }
        }
    }

    @Test func `a session is no ticket, and a ticket is no session`() throws {
        let callers = try callers([key])
        let session = try self.session(callers, keyText, now: Self.now).text
        #expect(code(try result(callers, "/x?ticket=\(session)")) == "invalid_ticket")
        let cookie: HeaderFields = ["Cookie": "relay_session=\(try ticket(for: keyText))"]
        #expect(code(try result(callers, "/x", cookie)) == "invalid_session")
    }

    // MARK: Logging in

    @Test func `the limits of a token are those of its session and its tickets`() throws {
        let limits = #"{"generations":1,"money_per_day":0.000000001}"#
        let claims = #"{"sub":"alice","exp":\#(Self.now + 600),"relay_limits":\#(limits)}"#
        let token = issuer.token(claims)
        var wanted = CallerLimits()
        wanted.generations = 1
        wanted.nanodollarsPerDay = 1
        let callers = try callers([key])
        #expect(try result(callers, "/x", cookie(for: token)).get().limits == wanted)
        let target = "/x?ticket=\(try ticket(for: token))"
        #expect(try result(callers, target).get().limits == wanted)
    }

    @Test func `a login takes what a request takes, and nothing else`() throws {
        let callers = try callers([key])
        let token = issuer.token()
        for wrong in ["", "x", "relay_", "\(keyText)x", "\(token)x", "a.b.c", "a\r\nb", "ticket"] {
            let problem = #expect(throws: Problem.self) {
                try session(callers, wrong, now: Self.now)
            }
            #expect(problem?.status == .unauthorized, "\(wrong)")
        }
        let one = try session(callers, keyText, now: Self.now)
        let again = try session(callers, keyText, now: Self.now + 60)
        let other = try session(callers, token, now: Self.now)
        #expect(one.user == again.user && one.user != other.user && one.user.utf8.count == 12)
        #expect(one.text != again.text)
        #expect(one.seconds == 12 * 3600 && other.seconds == 600)
    }

    @Test func `where nobody is asked who they are, a ticket is not looked at`() throws {
        let open = KnownCallers(.init(signer: Self.signer))
        #expect(try result(open, "/x?ticket=x&ticket=y", [:], .nothing).get() == .anonymous)
        let problem = #expect(throws: Problem.self) { try session(open, keyText, now: Self.now) }
        #expect(problem?.status == .notFound)
        #expect(!open.areKnown)
    }

    // MARK: Cookies

    @Test func `a cookie is the browser's and the host's alone`() {
        let session = Session(text: "v1.a.b", user: "u", owner: nil, seconds: 60)
        #expect(
            SessionCookie.fields(session, isSecure: false).all("Set-Cookie") == [
                "relay_session=v1.a.b; HttpOnly; Path=/; SameSite=Strict; Max-Age=60",
                "relay_user=u; Path=/; SameSite=Strict; Max-Age=60",
            ]
        )
        #expect(
            SessionCookie.fields(session, isSecure: true).all("Set-Cookie") == [
                "__Host-relay_session=v1.a.b; HttpOnly; Path=/; Secure; SameSite=Strict;"
                    + " Max-Age=60",
                "relay_user=u; Path=/; Secure; SameSite=Strict; Max-Age=60",
            ]
        )
        for isSecure in [false, true] {
            let cookies = SessionCookie.noFields(isSecure: isSecure).all("Set-Cookie")
            #expect(cookies.count == (isSecure ? 3 : 2))
            #expect(cookies.allSatisfy { $0.contains("=; ") && $0.hasSuffix("Max-Age=0") })
        }
    }

    @Test(
        arguments: [
            ([:], false), (["Origin": "http://a.example"], false),
            (["Origin": "https://a.example"], true), (["X-Forwarded-Proto": "https"], true),
            (["X-Forwarded-Proto": "https, http"], true), (["X-Forwarded-Proto": "http"], false),
            (["Origin": "http://a.example", "X-Forwarded-Proto": "https"], false),
        ] as [(HeaderFields, Bool)]
    )
    func `a request came over TLS if its page or the proxy says so`(
        fields: HeaderFields,
        isSecure: Bool
    ) throws {
        #expect(ClientScheme.isSecure(try head("/x", fields)) == isSecure)
    }
}
