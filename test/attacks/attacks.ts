import { algorithmConfusion } from './algorithm-confusion.js'
import type { Attack } from './attack.js'
import { audienceLookAlikes } from './audience-look-alikes.js'
import { controlCharacters } from './control-characters.js'
import { crit } from './crit.js'
import { crossIssuer } from './cross-issuer.js'
import { embeddedKeys } from './embedded-keys.js'
import { headerInjection } from './header-injection.js'
import { issuerLookAlikes } from './issuer-look-alikes.js'
import { json } from './json.js'
import { jwe } from './jwe.js'
import { keyUrls } from './key-urls.js'
import { kid } from './kid.js'
import { largeHeaders } from './large-headers.js'
import { none } from './none.js'
import { otherKinds } from './other-kinds.js'
import { otherSignatures } from './other-signatures.js'
import { pathSpellings } from './path-spellings.js'
import { segments } from './segments.js'
import { severalAuthorization } from './several-authorization.js'
import { smuggling } from './smuggling.js'
import { time } from './time.js'
import { tokensElsewhere } from './tokens-elsewhere.js'
import { unencodedPayload } from './unencoded-payload.js'
import { unreachableKeys } from './unreachable-keys.js'
import { weakKeys } from './weak-keys.js'
import { zeroSignatures } from './zero-signatures.js'

/** Every attack that is a token or a request. What needs more than one of them has a test file of its own. */
export const attacks: readonly Attack[] = [
  ...none,
  ...algorithmConfusion,
  ...embeddedKeys,
  ...keyUrls,
  ...kid,
  ...crit,
  ...unencodedPayload,
  ...jwe,
  ...segments,
  ...json,
  ...weakKeys,
  ...zeroSignatures,
  ...otherSignatures,
  ...issuerLookAlikes,
  ...audienceLookAlikes,
  ...time,
  ...crossIssuer,
  ...otherKinds,
  ...severalAuthorization,
  ...controlCharacters,
  ...largeHeaders,
  ...smuggling,
  ...tokensElsewhere,
  ...pathSpellings,
  ...headerInjection,
  ...unreachableKeys,
]
