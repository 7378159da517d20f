import { X509Certificate } from 'node:crypto'

/**
 * Valid to 2126; C=DE, O="Acme, Inc", OU=Büro, CN=orders; DNS:orders.example, DNS:*.wild.example, URI:spiffe://acme/orders, and a
 * URI that tries to look like another one: "https://a.example/x, URI:spiffe://evil/admin".
 */
export const ordersCertificate = new X509Certificate(`-----BEGIN CERTIFICATE-----
MIICLTCCAdSgAwIBAgIUAvZ8Kd5J252FWdRN+lYZDhmhYjYwCgYIKoZIzj0EAwIw
QjELMAkGA1UEBhMCREUxEjAQBgNVBAoMCUFjbWUsIEluYzEOMAwGA1UECwwFQsO8
cm8xDzANBgNVBAMMBm9yZGVyczAgFw0yNjExMjQxOTMyMDlaGA8yMTI2MTAzMTE5
MzIwOVowQjELMAkGA1UEBhMCREUxEjAQBgNVBAoMCUFjbWUsIEluYzEOMAwGA1UE
CwwFQsO8cm8xDzANBgNVBAMMBm9yZGVyczBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABDbCASuYtGPtIkRE1q8k3poLC4U87A2AGU5NXVVV8aWH2iVwbG1cXg83glXF
TOBRYScgixLZLS9bzN4/OE5sCr+jgaUwgaIwgYAGA1UdEQR5MHeCDm9yZGVycy5l
eGFtcGxlgg4qLndpbGQuZXhhbXBsZYYUc3BpZmZlOi8vYWNtZS9vcmRlcnOGLGh0
dHBzOi8vYS5leGFtcGxlL3gsIFVSSTpzcGlmZmU6Ly9ldmlsL2FkbWlugQt4QHku
ZXhhbXBsZYcEwAACATAdBgNVHQ4EFgQUpNqXcTW/T9n58WTpItpqCgYRSbwwCgYI
KoZIzj0EAwIDRwAwRAIgRzsbLSvhFga835Qa5UbzYpHPO4IUp01+vmrV5vPB0cIC
IDskbkYZMIeq35mG+ZbKiHaQUyAsZDlOpNbQIPmakn+f
-----END CERTIFICATE-----`)
