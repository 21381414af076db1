import { Card, Page } from '../../parts/Page'
import { PlaceData } from '../../parts/PlaceData'
import { useSigned } from '../../state/session'
import { strings } from '../../strings'
import { Keys } from './Keys'
import { Members } from './Members'
import { Password } from './Password'

export default function Settings() {
  const { session, mayAdmin } = useSigned()
  const { account, member, role } = session
  return (
    <Page title={strings.settings.title}>
      <div class="grid settings">
        <Card title={strings.settings.account} span={6}>
          <dl class="facts">
            <dt>{strings.settings.accountName}</dt>
            <dd>{account.name}</dd>
            <dt>{strings.settings.you}</dt>
            <dd>
              {member.name && `${member.name}, `}
              {member.email}
            </dd>
            <dt>{strings.settings.role}</dt>
            <dd>
              {strings.settings.roles[role]}: {strings.settings.roleSays[role]}
            </dd>
            {account.privacy && (
              <>
                <dt>{strings.settings.privacy}</dt>
                <dd>
                  {strings.settings.privacyModes[account.privacy]}
                  <p class="note">{strings.settings.privacyHow}</p>
                </dd>
              </>
            )}
            <PlaceData />
          </dl>
          {!mayAdmin && <p class="note">{strings.settings.viewerNote}</p>}
        </Card>
        <Password />
        {mayAdmin && <Members />}
        {mayAdmin && <Keys />}
      </div>
    </Page>
  )
}
