import { describe, expect, it } from 'vitest'
import { isLoopbackAddress, isPublicAddress } from '../../src/http/address-registry.js'

/** First and last address of each special-purpose range, and what lies just outside the ranges that have public neighbours. */
const SPECIAL: readonly (readonly [string, readonly string[]])[] = [
  ['this network', ['0.0.0.0', '0.255.255.255']],
  ['private 10/8', ['10.0.0.0', '10.255.255.255']],
  ['shared address space', ['100.64.0.0', '100.127.255.255']],
  ['loopback', ['127.0.0.1', '127.255.255.255']],
  ['link-local and cloud metadata', ['169.254.0.0', '169.254.169.254', '169.254.255.255']],
  ['private 172.16/12', ['172.16.0.0', '172.31.255.255']],
  ['protocol assignments', ['192.0.0.0', '192.0.0.255']],
  ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1']],
  ['6to4 relay anycast', ['192.88.99.0', '192.88.99.255']],
  ['private 192.168/16', ['192.168.0.0', '192.168.255.255']],
  ['benchmarking', ['198.18.0.0', '198.19.255.255']],
  ['multicast', ['224.0.0.1', '239.255.255.255']],
  ['reserved and broadcast', ['240.0.0.0', '255.255.255.255']],
  ['IPv6 unspecified, loopback, IPv4-compatible', ['::', '::1', '::7f00:1', '::8.8.8.8']],
  ['IPv4-mapped private', ['::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe']],
  ['NAT64 to what is private', ['64:ff9b::a00:1', '64:ff9b::10.255.255.255', '64:ff9b::a9fe:a9fe', '64:ff9b::7f00:1']],
  ['NAT64 of a local prefix', ['64:ff9b:1::1', '64:ff9b:1::808:808', '64:ff9b:0:0:1::808:808']],
  ['discard-only', ['100::', '100::ffff:ffff:ffff:ffff']],
  ['Teredo, ORCHID, benchmarking', ['2001::1', '2001:10::1', '2001:20::1', '2001:2::1', '2001:1ff::1']],
  ['IPv6 documentation', ['2001:db8::1', '3fff::1']],
  ['6to4', ['2002::1', '2002:7f00:1::']],
  ['SRv6 SIDs', ['5f00::1']],
  ['unique-local', ['fc00::1', 'fdff:ffff::1']],
  ['IPv6 link-local, with a zone too', ['fe80::1', 'febf::1']],
  ['site-local', ['fec0::1', 'feff::1']],
  ['IPv6 multicast', ['ff02::1']],
  ['IPv4-translated', ['::ffff:0:a00:1', '::ffff:0:808:808']],
  ['IPv6 that nobody was given', ['1::1', '100:0:0:1::1', '200::1', '1fff::1', '4000::1', '8000::1', 'e000::1']],
]

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '64:ff9b::11.0.0.0',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
]

describe('C.3 rule 2: special-purpose addresses', () => {
  it.each(SPECIAL)('counts %s as not public', (_name, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([])
  })

  it.each(PUBLIC)('counts %s, just outside the registries, as public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each(['', 'localhost', '8.8.8', '8.8.8.8.8', '0x8.8.8.8', '[::1]', '8.8.8.8 '])(
    'counts %j, which is no address, as not public',
    (text) => {
      expect(isPublicAddress(text)).toBe(false)
      expect(isLoopbackAddress(text)).toBe(false)
    },
  )

  it('knows loopback in both families and in its mapped form, and nothing else', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'].map(isLoopbackAddress)).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect(['128.0.0.1', '10.0.0.1', '::2', '0.0.0.0', '::'].map(isLoopbackAddress)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
