//! Small configs in the formats of the tools, with secrets in all places where they can be. Whatever begins with
//! `planted` is one.

pub(super) const GATUS: &str = r#"
x-base: &base
  interval: 2m
  client: {timeout: 5s}
alerting:
  slack:
    webhook-url: "https://hooks.slack.com/services/planted-hook"
    default-alert: {failure-threshold: 5, success-threshold: 4}
endpoints:
  - <<: *base
    name: shop
    group: web
    url: "https://ada:planted-userinfo@shop.example/health?api_key=planted-query"
    method: POST
    body: '{"login": {"password": "planted-body"}}'
    headers:
      Accept: application/json
      X-Api-Key: planted-header
      Cookie: planted-cookie
    alerts:
      - type: slack
      - {type: pagerduty, failure-threshold: 7}
    conditions:
      - "[STATUS] == 200"
      - "[BODY].state == UP"
      - "[RESPONSE_TIME] < 300"
      - "[BODY] == pat({*})"
      - "[BODY].kind == any(1, two)"
      - "[BODY].name == pat(*x.y*)"
      - "len([BODY].items) == 2"
      - "has([BODY].errors) == false"
  - name: api
    url: https://api.example/
    headers:
      Authorization: "Bearer ${API_TOKEN}"
    enabled: false
    conditions: ["[STATUS] < 300"]
  - name: old
    url: https://old.example/
    headers:
      Authorization: Bearer planted-bearer
    client: {insecure: true}
  - name: redis
    url: tcp://redis.example:6379
    conditions: ["[CONNECTED] == true"]
  - name: gateway
    url: icmp://gw.example
    conditions: ["[RESPONSE_TIME] < 100"]
  - name: names
    url: 192.0.2.53
    dns: {query-name: example.com, query-type: MX}
    conditions: ["[BODY] == mail.example.com.", "[DNS_RCODE] == NOERROR"]
  - name: shell
    url: ssh://shell.example
    ssh: {username: ada, password: planted-ssh}
    conditions: ["[CONNECTED] == true"]
  - name: chat
    url: wss://chat.example/room
    body: hello
    conditions: ["[BODY] == pat(*welcome*)", "[CONNECTED] == true"]
  - name: mail
    url: starttls://mail.example:25
    conditions: ["[CERTIFICATE_EXPIRATION] > 240h", "[CONNECTED] == true"]
  - name: orders
    url: grpcs://orders.example:8443
    client: {insecure: true}
    conditions: ["[CONNECTED] == true", "[RESPONSE_TIME] < 1s"]
  - name: domain
    url: https://www.shop.example/
    conditions: ["[DOMAIN_EXPIRATION] > 720h", "[STATUS] == any(200, 301)"]
external-endpoints:
  - name: backup
    group: night
    token: planted-token-0123456789
    heartbeat: {interval: 30m}
"#;

pub(super) const BLACKBOX: &str = r#"
modules:
  http_2xx:
    prober: http
    timeout: 5s
    http:
      headers: {Host: vhost.example, X-Auth-Token: planted-header}
      basic_auth: {username: ada, password: planted-password}
      fail_if_body_matches_regexp: ["Could not connect", "error [0-9]+"]
      fail_if_header_not_matches: [{header: Cache-Control, regexp: "max-age=[0-9]+", allow_missing: true}]
      valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]
      fail_if_not_ssl: true
  http_bearer:
    prober: http
    http: {authorization: {credentials: planted-bearer}}
  mail:
    prober: tcp
    tcp:
      query_response:
        - expect: "^220 (.+)$"
        - send: "AUTH PLAIN planted-login\r"
        - starttls: true
  ping: {prober: icmp, icmp: {preferred_ip_protocol: ip4, ip_protocol_fallback: false}}
  dns: {prober: dns, dns: {query_name: example.com, query_type: A}}
  health: {prober: grpc, grpc: {service: shop.v1.Orders, tls: true}}
"#;

pub(super) const PROMETHEUS: &str = r#"
global: {scrape_interval: 30s}
scrape_configs:
  - job_name: node
    static_configs: [{targets: ["localhost:9100"]}]
  - job_name: sites
    metrics_path: /probe
    params: {module: [http_2xx]}
    static_configs:
      - targets: ["https://a.example/", "https://bob:planted-userinfo@b.example/?token=planted-query"]
        labels: {team: web}
    relabel_configs: &relabel
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "127.0.0.1:9115"}
  - job_name: others
    metrics_path: /probe
    file_sd_configs: [{files: ["*.json"]}]
    static_configs:
      - {targets: ["mail.example:25"], labels: {__param_module: mail}}
      - {targets: ["gw.example"], labels: {__param_module: ping}}
      - {targets: ["192.0.2.53"], labels: {__param_module: dns}}
      - {targets: ["grpc.example:8443"], labels: {__param_module: health}}
    relabel_configs: *relabel
"#;

pub(super) const KUMA: &str = r##"{
  "version": "1.23.0",
  "notificationList": [
    {"id": 1, "name": "Ops", "isDefault": true, "config": "{\"slackwebhookURL\": \"planted-hook\"}"}
  ],
  "proxyList": [{"id": 1, "host": "proxy.example", "password": "planted-proxy"}],
  "monitorList": [
    {"id": 1, "name": "Web", "type": "group"},
    {"id": 2, "name": "Shop", "type": "keyword", "parent": 1, "url": "https://shop.example/", "method": "POST",
     "headers": "{\"X-Session\": \"planted-header\", \"Accept\": \"text/html\"}", "body": "{\"token\": \"planted-body\"}",
     "keyword": "Basket ${of}", "invertKeyword": false, "interval": 60, "retryInterval": 30, "maxretries": 2, "timeout": 20,
     "authMethod": "basic", "basic_auth_user": "ada", "basic_auth_pass": "planted-password",
     "accepted_statuscodes": ["200-299", "304"], "maxredirects": 0, "expiryNotification": false, "ignoreTls": false,
     "active": true, "notificationIDList": {"1": true}, "tags": [{"name": "team", "value": "web"}]},
    {"id": 3, "name": "Queue", "type": "json-query", "url": "https://api.example/q", "jsonPath": "$.queue[0].length",
     "jsonPathOperator": "<", "expectedValue": "10", "ignoreTls": true, "interval": 20, "maxretries": 0},
    {"id": 4, "name": "Closed", "type": "port", "hostname": "db.example", "port": 5432, "upsideDown": true, "active": false},
    {"id": 5, "name": "Gateway", "type": "ping", "hostname": "192.0.2.1", "packetSize": 64},
    {"id": 6, "name": "Names", "type": "dns", "hostname": "example.com", "dns_resolve_server": "192.0.2.53,192.0.2.54",
     "dns_resolve_type": "AAAA", "port": 53},
    {"id": 7, "name": "Backup", "type": "push", "pushToken": "planted_push_token_of_32_letters", "interval": 3600,
     "maxretries": 2, "retryInterval": 60},
    {"id": 8, "name": "Cache", "type": "redis", "databaseConnectionString": "redis://:planted-redis@cache.example:6379"},
    {"id": 9, "name": "Orders", "type": "postgres", "databaseConnectionString": "postgres://u:planted-postgres@db/x"},
    {"id": 10, "name": "Shop", "type": "http", "url": "https://shop.example/2", "proxyId": 1, "authMethod": "mtls",
     "tlsCert": "planted-chain", "tlsKey": "planted-key"},
    {"id": 11, "name": "Boiler", "type": "mqtt", "hostname": "mqtts://mqtt.example", "port": 8883, "mqttUsername": "ada",
     "mqttPassword": "planted-mqtt", "mqttTopic": "boiler/state", "mqttSuccessMessage": "online"},
    {"id": 12, "name": "Chat", "type": "websocket-upgrade", "url": "wss://chat.example/", "wsSubprotocol": "a,b"},
    {"id": 13, "name": "Mail", "type": "smtp", "hostname": "mail.example", "port": 587, "smtpSecurity": "starttls"}
  ]
}"##;

pub(super) const STATUSCAKE: &str = r#"
{"data": [
  {"id": "1", "name": "Shop", "website_url": "https://shop.example/?key=planted-query", "test_type": "HTTP",
   "check_rate": 300, "contact_groups": ["7"], "paused": false, "status": "up", "tags": ["web", "eu"]},
  {"id": "2", "name": "Mailbox", "website_url": "imap.example", "test_type": "TCP", "check_rate": 0, "paused": true}
], "metadata": {"page": 1, "page_count": 1}}
{"data": {"id": "1", "name": "Shop", "test_type": "HTTP", "timeout": 15, "trigger_rate": 5, "confirmation": 2,
  "find_string": "Basket", "do_not_find": false, "follow_redirects": false, "enable_ssl_alert": true,
  "status_codes": ["404", "500", "503"], "custom_header": "{\"X-Token\": \"planted-header\"}",
  "post_body": "{\"password\": \"planted-body\"}", "servers": [{"region": "london"}]}}
{"data": {"id": "3", "name": "Relay", "website_url": "mail.example", "test_type": "SMTP", "check_rate": 60, "timeout": 20}}
{"data": {"id": "2", "test_type": "TCP", "port": 993, "trigger_rate": 0, "confirmation": 0, "timeout": 10}}
"#;
