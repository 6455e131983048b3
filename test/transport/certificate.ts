/** A self-signed certificate for localhost and its key: for tests, and for nothing else. Valid for a hundred years. */

/** The certificate, PEM. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUApPzB6NO0GainqhLmtPOGl8Q+ucwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzAyNDA0NFoYDzIxMjYxMDMw
MDI0MDQ0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQPBUm2uVct3IOfTk4w8to6BE8+cg+0PN2gX3hF/7flsc4OPVLmxZGw
EhOCdgArBayDoLb5AldNXr620qt3BqR2o28wbTAdBgNVHQ4EFgQUqfCwNxbDqGRv
ij5HcTxFQti70eMwHwYDVR0jBBgwFoAUqfCwNxbDqGRvij5HcTxFQti70eMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAMbhNhcfN0h6WRHBhT5OugNSqeSCbhxzko8qUozJC/jAAiEA
3SRnL4fhPrdREmKeX47yxijat9bR0BN6ihzgAvTuaVQ=
-----END CERTIFICATE-----
`;

/** Its key, PEM. Everybody can read it. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgb32ZeVcbQ//u6wd5
72dTaSoyVvzGJbQvlCTriyrHMk6hRANCAAQPBUm2uVct3IOfTk4w8to6BE8+cg+0
PN2gX3hF/7flsc4OPVLmxZGwEhOCdgArBayDoLb5AldNXr620qt3BqR2
-----END PRIVATE KEY-----
`;
