//! Each family: where it must speak, and where it must not.

use proptest::prelude::*;

use crate::scan::assign::Taste;
use crate::scan::matcher::{Flavour, Hit, find};
use crate::scan::rule::builtin;

/// What is found in this text, with its score.
fn found(text: &str, taste: Taste) -> Vec<(String, f64)> {
    let mut hits = Vec::new();
    find(builtin(), text.as_bytes(), Flavour { taste, generic: true, entropy: false }, &mut hits);
    let secret = |hit: &Hit| String::from_utf8_lossy(&text.as_bytes()[hit.span.clone()]).into_owned();
    hits.iter().map(|hit| (secret(hit), hit.score)).collect()
}

#[track_caller]
fn speaks(taste: Taste, cases: &[(&str, &str)]) {
    for (text, secret) in cases {
        let all = found(text, taste);
        assert!(all.iter().any(|(value, _)| value == secret), "{text}: {all:?}");
    }
}

#[track_caller]
fn is_silent(taste: Taste, cases: &[&str]) {
    for text in cases {
        let all = found(text, taste);
        assert!(all.is_empty(), "{text}: {all:?}");
    }
}

#[test]
fn plain_words_are_proposed_and_score_low() {
    let text = [
        ("password: plainword", "plainword"),
        ("DB_PASS=plainword", "plainword"),
        ("LDAP_BIND_PW=plainword", "plainword"),
        ("password1: plainword", "plainword"),
        ("contraseña: plainword", "plainword"),
        ("mot de passe : plainword", "plainword"),
        ("密码: plainword", "plainword"),
        ("db_password = admin", "admin"),
        ("password: 482913", "482913"),
        ("client_secret: plainword", "plainword"),
        ("docker run -e MYSQL_PASSWORD=plainword -e A=b", "plainword"),
    ];
    let code = [
        ("password = 'plainword'", "plainword"),
        ("passwords = ['plainword', \"other\"]", "other"),
        ("PASSWORD_STRING = \"plainword\"", "plainword"),
        ("url = 'https://x.internal/?api_key=plainword&a=b'", "plainword"),
        ("p = \"USER=amy;PASSWORD=plainword;x\"", "plainword"),
        ("pw = getenv(\"PGPASSWORD\", \"plainword\")", "plainword"),
        ("password = Some(\"plainword\")", "plainword"),
        ("key := []byte(\"plainword9\")", "plainword9"),
        ("conf := `{user: amy, password: plainword }`", "plainword"),
    ];
    speaks(Taste::Text, &text);
    speaks(Taste::Code, &code);
    for (text, _) in text.iter().chain(&code) {
        let all = [Taste::Text, Taste::Code].map(|taste| found(text, taste)).concat();
        assert!(all.iter().all(|(_, score)| *score < 0.5), "{text}: {all:?}");
    }
}

#[test]
fn what_is_surely_none_is_not_proposed() {
    is_silent(
        Taste::Text,
        &[
            "password: ${DB_PASSWORD}",
            "password: <your password>",
            "password: {{ vault.password }}",
            "password:",
            "password: \"\"",
            "password: true",
            "password: string",
            "password=$1",
            "password=get_password(name)",
            "password = var.db_password",
            "password = %DB_PASSWORD%",
            "password: \"Enter your password\"",
            "key: word",
            "password:\n  secretKeyRef:\n    name: x\n",
        ],
    );
    is_silent(
        Taste::Code,
        &[
            "let password = other;",
            "login(user, password=password)",
            "fn f(password: &str)",
            "password: string;",
            "password = config.get(\"password\")",
            "password = os.environ[\"DB_PASSWORD\"]",
            "token = request.headers['x-token']",
            "if password == other {",
            "key: 'word'",
        ],
    );
}

#[test]
fn values_beside_their_names() {
    speaks(
        Taste::Code,
        &[
            ("account.setPassword(\"plainword\");", "plainword"),
            ("add_secret(\"name\", \"plainword\")", "plainword"),
            ("client.login(\"amy\", \"plainword\")", "plainword"),
            ("options(\"--keystore-password\", \"plainword\")", "plainword"),
            ("<password>plainword</password>", "plainword"),
            ("<add key=\"Password\" value=\"plainword\"/>", "plainword"),
            ("assert cfg['password'] == 'plainword'", "plainword"),
            ("if (req.password !== \"plainword\") {", "plainword"),
            ("totp = TOTP.new('JBSWY3DPEHPK3PXPJBSW')", "JBSWY3DPEHPK3PXPJBSW"),
            ("query(\"CREATE USER a IDENTIFIED BY 'plainword'\")", "plainword"),
        ],
    );
    speaks(
        Taste::Text,
        &[
            ("| password | plainword |", "plainword"),
            ("the password is `plainword`.", "plainword"),
            ("requirepass plainword\n", "plainword"),
            ("CREATE ROLE a WITH LOGIN PASSWORD plainword;", "plainword"),
            ("tool --set-password plainword now", "plainword"),
            ("env:\n- name: DB_PASSWORD\n  value: plainword\n", "plainword"),
            ("passwords:\n  - plainword\n  - other\n", "other"),
            ("variable \"db_password\" {\n  default = \"plainword\"\n}\n", "plainword"),
            ("password: >-\n  plainword\n", "plainword"),
        ],
    );
    is_silent(
        Taste::Code,
        &[
            "reset_password(user)",
            "password(user, name)",
            "<password></password>",
            "<key>word</key>",
            "if password == \"\" {",
            "<add key=\"Colour\" value=\"plainword\"/>",
        ],
    );
    is_silent(
        Taste::Text,
        &[
            "| password | string |",
            "password is required",
            "the token of the user",
            "a secret garden",
            "password reset now",
        ],
    );
}

#[test]
fn sentences_about_options_and_code_give_nothing_away() {
    is_silent(
        Taste::Text,
        &[
            "the --username and --password options of it",
            "use --token or -t\n",
            "`--password` is asked for",
            "Pass `None` to it",
        ],
    );
    is_silent(
        Taste::Code,
        &[
            "/// Pass `None` to obtain the set",
            "/// the boundary identified by `id`.",
            "/// sections that pass `filter`",
            "// Pass `x86_64` here",
            "# --password and --token are both taken",
        ],
    );
    speaks(
        Taste::Text,
        &[
            ("tool --password secret123", "secret123"),
            ("tool -u amy --password plainword", "plainword"),
            ("IDENTIFIED BY 'plainword'", "plainword"),
            ("the password `kX9pq2Lm`", "kX9pq2Lm"),
        ],
    );
}

#[test]
fn types_and_names_of_secrets_are_none() {
    is_silent(
        Taste::Code,
        &[
            "let raw_private_key: Curve25519SeedBin<'_> = private_key;",
            "pub const InheritPrivateKey: X509Flags12 = 3i32;",
            "fn f(pszpassword : PWSTR, n : u32)",
            "pub _py_password: _Py_Struct_12_34,",
            "{\"AWS::ApiGateway::ApiKey\": \"48205d4ffd7feba3\"}",
            "{\"SecretArn\": \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:Name-a1b2c3\"}",
            "{\"ClientToken\": \"550e8400-e29b-41d4-a716-446655440000\"}",
            "[![x](https://codecov.io/gh/a/b/graph/badge.svg?token=KX92QMLT4Z)](https://y)",
        ],
    );
    speaks(
        Taste::Code,
        &[
            ("Foo::API_KEY = \"kX9pq2LmT4\"", "kX9pq2LmT4"),
            (
                "{\"ApiToken\": \"550e8400-e29b-41d4-a716-446655440000\"}",
                "550e8400-e29b-41d4-a716-446655440000",
            ),
            ("x = 'https://x.io/?token=KX92QMLT4Z'", "KX92QMLT4Z"),
        ],
    );
}

#[test]
fn everyday_ways_to_give_a_value_to_a_name() {
    speaks(
        Taste::Text,
        &[
            ("FROM alpine\nENV DB_PASSWORD plainword\nRUN true\n", "plainword"),
            ("setenv DB_PASSWORD plainword\n", "plainword"),
            ("set -gx DB_PASSWORD plainword\n", "plainword"),
            ("  SetEnv DB_PASSWORD plainword\n", "plainword"),
        ],
    );
    speaks(
        Taste::Code,
        &[
            ("const pw = process.env.DB_PASSWORD || 'plainword';", "plainword"),
            ("const token: string = process.env.API_TOKEN ?? \"plainword\";", "plainword"),
            ("db_password <- \"plainword\"", "plainword"),
            ("CREATE LOGIN a WITH PASSWORD = N'plainword'", "plainword"),
            ("add_argument('--db-password', type=str, default='plainword')", "plainword"),
            ("@click.option(\"--password\", default=\"plainword\")", "plainword"),
            ("std::string password{\"plainword\"};", "plainword"),
            ("std::string password(\"plainword\");", "plainword"),
            ("let api_secret = r#\"plainword\"#;", "plainword"),
            ("let api_secret: &str = r#\"plainword\"#;", "plainword"),
            ("Dim password As String = \"plainword\"", "plainword"),
        ],
    );
    is_silent(Taste::Text, &["the env password follows\n", "please setenv DB_PASSWORD first of all\n"]);
    is_silent(
        Taste::Code,
        &[
            "const pw = process.env.DB_PASSWORD || other;",
            "if (password || token) {",
            "password{\"user\": 1}",
            "add_argument('--password'); add_argument('-x', default='plainword')",
            "Dim colour As String = \"plainword\"",
        ],
    );
}

#[test]
fn elements_beside_their_names() {
    speaks(
        Taste::Code,
        &[
            ("<dict>\n <key>api_password</key>\n <string>plainword</string>\n</dict>", "plainword"),
            ("<property name=\"password\"><value>plainword</value></property>", "plainword"),
            ("<name>x.ConnectionPassword</name>\n <value>plainword</value>", "plainword"),
            ("<entry key=\"password\">kX9pq2Lm</entry>", "kX9pq2Lm"),
            ("<string name=\"api_secret\">kX9pq2Lm</string>", "kX9pq2Lm"),
            ("<password><![CDATA[plain<word]]></password>", "plain<word"),
            ("<password>\n  plainword\n</password>", "plainword"),
        ],
    );
    is_silent(
        Taste::Code,
        &[
            "<label for=\"password\">Kennwort hier</label>",
            "<string name=\"password\">Contrasena</string>",
            "<key>password</key><true/>",
            "<key>password</key><string></string>",
            "<password><inner>plainword</inner></password>",
            "<b>password</b> plainword",
        ],
    );
}

#[test]
fn schemes_and_their_credentials() {
    speaks(
        Taste::Code,
        &[
            ("  - Bearer 9x8f7w6q5z4m3k2j1h0p", "9x8f7w6q5z4m3k2j1h0p"),
            ("value: 'Basic YW15OnBsYWlud29yZA=='", "YW15OnBsYWlud29yZA=="),
        ],
    );
    is_silent(
        Taste::Code,
        &["a bearer of news", "Basic authentication is on", "Bearer $TOKEN", "basic c29tZXRoaW5nIGVsc2U="],
    );
}

#[test]
fn commands_whose_options_say_nothing() {
    speaks(
        Taste::Text,
        &[
            ("mysql -u root -pplainword db", "plainword"),
            ("mysqldump -p'plain4word' db", "plain4word"),
            ("sshpass -p plainword ssh host", "plainword"),
            ("docker login -u amy -p plainword host", "plainword"),
            ("curl -s --user \"amy:plainword\" https://x", "plainword"),
            ("redis-cli -h x -a plainword ping", "plainword"),
            ("smbclient //x/y -U amy%plainword", "plainword"),
            ("keytool -storepass plainword -list", "plainword"),
            ("curl -u d2LkV78zLx4t: https://x", "d2LkV78zLx4t"),
        ],
    );
    is_silent(
        Taste::Text,
        &[
            "docker run -p 8080:80 image",
            "mysql -u root -p db",
            "curl -u user:password https://x",
            "curl -u amy:$PASS https://x",
            "the mysql -port option",
            "ssh -p 2222 host",
        ],
    );
}

#[test]
fn bytes_after_a_secret_name() {
    speaks(
        Taste::Code,
        &[
            (
                "secret := []byte{207, 189, 101, 150, 191, 144, 185, 23}",
                "207, 189, 101, 150, 191, 144, 185, 23",
            ),
            (
                "uint8_t aes_key[] = {0x01, 0x12, 0x23, 0x34, 0x45, 0x56, 0x67, 0x78};",
                "0x01, 0x12, 0x23, 0x34, 0x45, 0x56, 0x67, 0x78",
            ),
        ],
    );
    is_silent(
        Taste::Code,
        &[
            "key = {1, 2, 3}",
            "sizes = {1, 2, 3, 4, 5, 6, 7, 8, 9}",
            "key = {1234, 5678, 1234, 5678, 1, 2, 3, 4}",
        ],
    );
}

proptest! {
    #[test]
    fn any_text_is_taken(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "password", "secret", "curl -u ", "mysql -p", "Basic ", "identified by", "value", "name", "totp", "=", ":", "(", ")", "'", "\"", "\\",
            "\n", "- ", "|", ">", "<", "</", "[", "{", "0x1,", "%", " ", "é", "密码", "x9", "==", ",", "`", "\0", "-",
        ]), 0..30)
    ) {
        let text = parts.concat();
        for taste in [Taste::Code, Taste::Text, Taste::Redact] {
            for (secret, _) in found(&text, taste) {
                prop_assert!(!secret.is_empty(), "{}", text);
            }
        }
    }
}
