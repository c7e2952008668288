"""Domains where everybody may have a mailbox: to share one says nothing; used until a register says otherwise."""

from spanco.sales.rules.cleaning.text import listed

FREE_MAIL = listed(
    """
    126.com 139.com 163.com 189.cn 1und1.de a1.net abv.bg alice.it aol.com aol.de arcor.de atlas.cz atlas.sk
    att.net azet.sk bbox.fr bellsouth.net bigpond.com bk.ru blueyonder.co.uk bluewin.ch bol.com.br bt.com
    btinternet.com centrum.cz centrum.sk charter.net citromail.hu comcast.net cox.net dir.bg duck.com
    earthlink.net eircom.net email.cz email.com email.de fastmail.com fastmail.fm foxmail.com free.fr
    freemail.hu freenet.de frontier.com gawab.com gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com
    hanmail.net hey.com home.nl hotmail.be hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it
    hotmail.nl hushmail.com icloud.com inbox.com inbox.lt inbox.lv inbox.ru inode.at interia.eu interia.pl
    jubii.dk juno.com kpnmail.nl laposte.net latinmail.com libero.it list.ru live.be live.co.uk live.com live.de
    live.dk live.fr live.it live.nl live.se lycos.com mac.com mail.bg mail.com mail.de mail.dk mail.ee mail.ru
    mailbox.org mailfence.com me.com mindspring.com msn.com mynet.com naver.com netcologne.de netscape.net
    netzero.net neuf.fr ntlworld.com nym.hush.com o2.pl o2online.de onet.eu onet.pl online.de online.no
    optonline.net optusnet.com.au orange.fr outlook.at outlook.com outlook.cz outlook.de outlook.es outlook.fr
    outlook.it outlook.sk pacbell.net planet.nl pobox.sk pochta.ru post.cz post.sk posteo.de proton.me
    protonmail.ch protonmail.com qq.com quicknet.nl rambler.ru rediffmail.com rocketmail.com rogers.com sapo.pt
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be sohu.com spoluzaci.cz stny.rr.com
    superonline.com sympatico.ca t-online.de talktalk.net telefonica.net telenet.be telia.com telus.net
    terra.com terra.com.br terra.es tin.it tiscali.co.uk tiscali.it tlen.pl tut.by tutanota.com tutanota.de
    ukr.net uol.com.br verizon.net virgilio.it virgin.net virginmedia.com vodafone.de volny.cz vp.pl walla.co.il
    wanadoo.fr web.de windstream.net wp.pl xs4all.nl xtra.co.nz ya.ru yahoo.ca yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.gr yahoo.ie
    yahoo.in yahoo.it yahoo.ro yahoo.se yandex.com yandex.ru ymail.com zeelandnet.nl ziggo.nl zoho.com zoznam.sk
    """
)
