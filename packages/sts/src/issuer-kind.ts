import { invalid } from '@countersign/core/adapter'
import type { Kind } from '@countersign/core/adapter'

/** An issuer identifier, in the one spelling that a URL parser leaves alone: everybody compares it character by character. */
export const issuer: Kind<string> = {
  wants: 'an https URL without query and fragment, in its normal form',
  read(value, option) {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
    const fix = 'As tokens will name it, such as "https://sts.example.com".'
    if (url === undefined || typeof value !== 'string' || value.length > 512 || !/^https?:$/.test(url.protocol))
      throw invalid({ option, got: value, wants: this.wants, fix })
    const isPlain = url.search === '' && url.hash === '' && url.username === '' && url.password === ''
    const isNormal = value === url.href || (url.pathname === '/' && `${value}/` === url.href)
    // Percent escapes and doubled slashes are what proxies and routers do not agree about.
    const isQuiet = !/[%;]|\/\/|[^/]\/$/.test(url.pathname)
    if (isPlain && isNormal && isQuiet && !/[?#]/.test(value)) return value
    throw invalid({ option, got: value, wants: this.wants, fix })
  },
}
