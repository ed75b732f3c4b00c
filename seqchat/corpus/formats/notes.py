"""What messengers write in place of pictures, calls and deleted messages, in the languages they speak."""

from __future__ import annotations

import re
from typing import NamedTuple

from seqchat.corpus.formats.base import CALL, DELETED, MEDIA, QUOTED, SYSTEM


class Notes(NamedTuple):
    """Patterns of a messenger's own words.

    whole: for a whole line, each with the reason why it is left out; within: what is cut out of a line.
    """

    whole: tuple[tuple[str, re.Pattern[str]], ...]
    within: re.Pattern[str] | None = None

    def reason(self, line: str) -> str:
        """Return why a line is left out; nothing if a person wrote it."""
        return next((reason for reason, pattern in self.whole if pattern.fullmatch(line)), "")

    def cut(self, line: str) -> str:
        """Return a line without the messenger's own words in it."""
        return self.within.sub("", line).strip() if self.within else line


def _any(lines: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """Return the pattern of a table: an expression a line."""
    return re.compile("|".join(f"(?:{line.strip()})" for line in lines.strip().splitlines()), flags)


# --- WhatsApp -----------------------------------------------------------------------------------------------------

_WHATSAPP_MEDIA = _any(r"""
    <[^<>]{0,3}[^\W\d][^<>]{3,80}>
    <[^<>:]{2,40}: ?[^<>]+\.\w{2,5}>
    [^\n]{1,200}\.\w{2,5} ?[(（][^()（）]{3,60}[)）]
    (?:image|video|audio|sticker|gif|document|contact card|video note|media|photo|voice message|location|poll|file) omitted
    (?:bild|video|audio|sticker|gif|dokument|kontaktkarte|videonachricht|medien|sprachnachricht) (?:weggelassen|ausgeschlossen)
    (?:image|vidéo|audio|sticker|autocollant|gif|document|fiche contact|carte de contact|note vidéo|médias?) (?:absente?|omise?s?|omis|exclue?s?|non incluse?)
    (?:imagen|video|vídeo|audio|sticker|gif|documento|tarjeta de contacto|archivo|multimedia|nota de video|imagem|figurinha|cartão de contato|cartão do contato|mídia|immagine|scheda contatto|videomessaggio|media|multimídia) (?:omitid[oa]s?|ocult[oa]s?|omess[oaie]|esclus[oaie]|excluíd[oa]|não revelad[oa])
    (?:afbeelding|video|audio|sticker|gif|document|contactkaart|media|videobericht) (?:weggelaten|verwijderd|niet inbegrepen)
    (?:изображение|видео|аудио\w*|стикер|gif|gif-файл|документ|карточка контакта|контакт|медиафайл\w*|видеосообщение|файл) (?:пропущен[оаы]?|опущен[оаы]?|не добавлен[оаы]?|отсутствует|скрыт[оаы]?)
    (?:без медиафайлов|зображення пропущено|відео пропущено|аудіо пропущено|стикер пропущено|наліпку пропущено|документ пропущено|медіа пропущено|медіафайли? пропущено)
    (?:görüntü|resim|fotoğraf|video|ses|çıkartma|gif|belge|kişi kartı|medya|videolu not|görüntülü not) (?:dahil edilmedi|atlandı|çıkarıldı)
    (?:obraz|zdjęcie|grafika|wideo|film|audio|dźwięk|naklejka|naklejkę|gif|dokument|karta kontaktu|wizytówka|multimedia) (?:pominięt[oyae]|został[aoy]? pominięt[ay]|nie dołączono)
    (?:gambar|foto|video|audio|stiker|gif|dokumen|kartu kontak|media|imej|pelekat) (?:tidak disertakan|diabaikan|dihilangkan|tidak termasuk)
    (?:billede?t?|bilde?t?|bild|video(?:en)?|videon|lyd(?:en)?|ljud(?:et)?|audio|klistermærke|klistremerke|klistermärke|sticker|gif|gif-filen|dokument(?:et)?|kontaktkort(?:et)?|medie[rn]?|media|mediefil) (?:udeladt|utelatt|utelämnat|utelämnad|utelämnats|utelämnades|udelades|er utelatt|er udeladt|utelukket)
    (?:kuva|video|ääni|äänitiedosto|tarra|gif|asiakirja|yhteystietokortti|media) (?:jätetty pois|poistettu|ei sisälly|jätettiin pois)
    (?:obrázek|obrázok|video|zvuk|audio|nálepka|gif|dokument|vizitka|média|karta kontaktu) (?:vynechán[oay]?|vynechan[ýáé]|byl[ao]? vynechán[oa]?|nebyl[ao]? zahrnut[oa]?|odstránen[ýáé])
    (?:kép|videó|hang|matrica|gif|dokumentum|névjegykártya|média) (?:kihagyva|elhagyva|mellőzve)
    (?:imagine|videoclip|video|audio|autocolant|gif|document|fișă contact|media) (?:omis[ăe]?|exclus[ăe]?)
    (?:εικόνα|βίντεο|ήχος|αυτοκόλλητο|gif|έγγραφο|κάρτα επαφής|πολυμέσα|η εικόνα|το βίντεο) (?:παραλείφθηκε|παραλείφθηκαν|δεν συμπεριλήφθηκε|παραλείπεται)
    (?:slika|videozapis|video|audio|zvuk|naljepnica|nalepnica|gif|dokument|kontakt kartica|medij[ia]?) (?:izostavljen[aoi]?|je izostavljen[ao]?|izostavljeno|ispušten[ao])
    (?:изображението|видеото|аудиото|стикерът|документът|мултимедията) (?:е пропуснат[оа]?|е изключен[оа]?)
    (?:تم (?:استبعاد|حذف|إخفاء|استثناء) (?:الصورة|الفيديو|الصوت|الملصق|المستند|الوسائط|ملف \S+|جهة الاتصال|بطاقة الاتصال)|الصورة غير مدرجة|(?:لم يتم إدراج|تم تجاهل) \S+)
    (?:התמונה|הסרטון|הווידאו|הקול|המדבקה|המסמך|כרטיס איש הקשר|תמונה|סרטון|מדיה|קובץ מדיה|סטיקר|מסמך|אודיו|הקובץ|gif)\s(?:הושמט[הו]?|לא נכלל[הו]?|לא נכללים|הוסר[הו]?)
    (?:تصویر|ویدیو|ویدئو|صدا|استیکر|سند|رسانه|کارت مخاطب) (?:حذف شد|حذف شده|گنجانده نشده|قرار داده نشد)
    (?:छवि|चित्र|वीडियो|ऑडियो|स्टिकर|दस्तावेज़|मीडिया|gif|फ़ोटो|संपर्क कार्ड) (?:छोड़ा गया|छोड़ी गई|छोड़ दी गई|छोड़ दिया गया|हटाया गया|हटाई गई|शामिल नहीं.*|नहीं है)
    (?:รูปภาพ|ภาพ|วิดีโอ|เสียง|สติกเกอร์|เอกสาร|สื่อ|gif|นามบัตร)\s?(?:ถูกละเว้น|ถูกตัดออก|ไม่รวมอยู่|ไม่ได้แนบมา|ถูกลบ|ถูกตัดทอน)
    (?:đã bỏ qua|bỏ qua|đã loại trừ|không có) (?:hình ảnh|ảnh|video|âm thanh|nhãn dán|tài liệu|phương tiện|tệp \S+|file phương tiện)
    (?:hình ảnh|ảnh|video|âm thanh|nhãn dán|tài liệu|gif) (?:bị bỏ qua|đã bị bỏ qua|bị ẩn|đã bị ẩn|đã bị loại bỏ)
    (?:画像|動画|音声|スタンプ|ステッカー|gif|ドキュメント|文書|連絡先カード|メディア|ビデオメッセージ)(?:は含まれていません|を除外|は省略されました|が省略されました)
    (?:图像|图片|照片|视频|音频|贴图|动态贴图|表情贴图|gif|文档|文件|名片|联系人名片|联系人卡片|媒体|多媒体文件|视频消息|語音|语音|影片|圖片|影像|音訊|貼圖|檔案|文件|聯絡人卡片|媒體|多媒體)(?:已忽略|已省略|已略去|已略過|未包含|省略)
    (?:忽略|省略|略去)(?:多媒体文件|多媒體檔案|媒体|媒體|影音內容)
    (?:사진|이미지|동영상|비디오|오디오|스티커|gif|문서|연락처 카드|미디어|음성)\s?(?:파일)?(?:을|를|이|가)?\s?(?:생략됨|생략되었습니다|생략|제외됨|포함되지 않음|생략했습니다|제외되었습니다|파일 생략됨|누락됨)
    (?:null|live location shared.*|standort: https?://\S+|location: https?://\S+|posizione: https?://\S+|ubicación: https?://\S+|localização: https?://\S+|localisation ?: https?://\S+|locatie: https?://\S+|位置: ?https?://\S+|位置情報: ?https?://\S+)
    (?:poll|umfrage|encuesta|sondage|sondaggio|enquete|投票|アンケート|опрос|anket|pemungutan suara)[:：]
    (?:option|opción|opção|opzione|选项|選項)[:：].*\(\d+ .+\)
    (?:已(?:略去|省略|忽略)(?:影片|圖片|相片|貼圖|音訊|檔案|文件|gif|聯絡人卡片)|imagem ocultada|áudio ocultado|vídeo ocultado|documento ocultado|hlasová zpráva vynechána)
    (?:image|photo|picture|video|audio|voice message|file|location|bild|foto|sprachnachricht|datei|standort|fichier|imagen|archivo|immagine|voce|afbeelding|bestand|изображение|аудио|файл|图片|圖片|文件|檔案|画像|動画|音声) \((?:\d{1,2}:\d\d|[^()\n]{1,80}\.\w{2,5})\)
""")

_WHATSAPP_DELETED = _any(r"""
    (?:this message was deleted|you deleted this message|this message was deleted by admin.*|deleted by admin|waiting for this message.*|message deleted)\.?
    (?:diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|nachricht gelöscht|diese nachricht wurde vom admin .* gelöscht|warte auf diese nachricht.*)\.?
    (?:ce message a été supprimé|vous avez supprimé ce message|message supprimé|en attente de ce message.*)\.?
    (?:se eliminó este mensaje|este mensaje fue eliminado|eliminaste este mensaje|mensaje eliminado|este mensaje se eliminó|has eliminado este mensaje|esperando (?:este|el) mensaje.*)\.?
    (?:mensagem apagada|esta mensagem foi apagada|você apagou esta mensagem|apagou esta mensagem|esta mensagem foi eliminada|eliminou esta mensagem|essa mensagem foi apagada|aguardando mensagem.*)\.?
    (?:questo messaggio è stato eliminato|hai eliminato questo messaggio|messaggio eliminato|in attesa del messaggio.*)\.?
    (?:dit bericht is verwijderd|dit bericht werd verwijderd|je hebt dit bericht verwijderd|u hebt dit bericht verwijderd|bericht verwijderd)\.?
    (?:(?:данное |это )?сообщение удалено|вы удалили (?:это|данное) сообщение|это сообщение было удалено|это сообщение удалено|ожидание сообщения.*)\.?
    (?:це повідомлення (?:було )?видалено|ви видалили це повідомлення|повідомлення видалено)\.?
    (?:bu mesaj silindi|bu mesajı sildiniz|mesaj silindi|bu mesajı sildin)\.?
    (?:ta wiadomość została usunięta|usunięto tę wiadomość|usunąłeś tę wiadomość|usunęłaś tę wiadomość|wiadomość usunięta|usunąłeś\(aś\) tę wiadomość|wiadomość została usunięta|ta wiadomość jest usunięta|usunięto wiadomość)\.?
    (?:pesan ini (?:telah )?dihapus|anda (?:telah )?menghapus pesan ini|mesej ini (?:telah )?dipadam|anda telah memadamkan mesej ini|anda memadamkan mesej ini)\.?
    (?:denne besked blev slettet|du slettede denne besked|beskeden blev slettet|denne besked er slettet|denne meldingen ble slettet|du slettet denne meldingen|meldingen er slettet|det här meddelandet raderades|detta meddelande raderades|du raderade (?:det här|detta) meddelandet?|meddelandet raderades|det här meddelandet togs bort|du tog bort (?:det här|detta) meddelandet?|detta meddelande har raderats)\.?
    (?:tämä viesti poistettiin|poistit tämän viestin|viesti poistettu|tämä viesti on poistettu)\.?
    (?:tato zpráva byla odstraněna|tato zpráva byla smazána|smazali jste tuto zprávu|tuto zprávu jste odstranili|odstranili jste tuto zprávu|táto správa bola odstránená|táto správa bola vymazaná|odstránili ste túto správu|vymazali ste túto správu)\.?
    (?:ezt az üzenetet törölték|az üzenet törölve|törölted ezt az üzenetet|ez az üzenet törölve lett|az üzenetet törölték)\.?
    (?:acest mesaj a fost șters|ați șters acest mesaj|ai șters acest mesaj|mesajul a fost șters)\.?
    (?:αυτό το μήνυμα διαγράφηκε|διαγράψατε αυτό το μήνυμα|το μήνυμα διαγράφηκε|διεγράφη αυτό το μήνυμα)\.?
    (?:ova poruka je (?:izbrisana|obrisana)|izbrisali ste ovu poruku|obrisali ste ovu poruku|poruka je izbrisana|това съобщение (?:е|беше) изтрито|изтрихте това съобщение|съобщението е изтрито)\.?
    (?:تم حذف هذه الرسالة|(?:لقد )?حذفتَ? هذه الرسالة|لقد قمت بحذف هذه الرسالة|قمت بحذف هذه الرسالة|حُذفت هذه الرسالة)\.?
    (?:הודעה זו נמחקה|ההודעה נמחקה|מחקת הודעה זו|הודעה זו נמחקה על ידי.*|מחקת את ההודעה)\.?
    (?:این پیام (?:حذف|پاک) شد(?:ه است)?|شما این پیام را (?:حذف|پاک) کردید|این پیام را حذف کردید)\.?
    (?:यह (?:संदेश|मैसेज) (?:हटाया|मिटाया|डिलीट किया) गया(?: था)?|आपने (?:यह|इस) (?:संदेश|मैसेज) (?:को )?(?:हटाया|मिटाया|हटा दिया|मिटा दिया|डिलीट किया)(?: है)?|यह मैसेज मिटा दिया गया(?: है)?|यह संदेश हटा दिया गया(?: था| है)?)[।.]?
    (?:ข้อความนี้ถูกลบ(?:แล้ว)?|คุณลบข้อความนี้(?:แล้ว)?|คุณได้ลบข้อความนี้(?:แล้ว)?)
    (?:tin nhắn này đã bị xóa|bạn đã xóa tin nhắn này|tin nhắn đã bị xóa|tin nhắn này đã bị xoá|bạn đã xoá tin nhắn này)\.?
    (?:このメッセージは削除されました|メッセージを削除しました|このメッセージを削除しました|あなたはこのメッセージを削除しました|メッセージが削除されました)[。.]?
    (?:此(?:消息|訊息)已(?:被)?(?:删除|刪除)|你已?(?:删除|刪除)了?(?:此|这条|這則)(?:消息|訊息)|您已?(?:删除|刪除)了?(?:此|这条|這則)(?:消息|訊息)|这条消息已被?删除|這則訊息已被?刪除|已(?:删除|刪除)(?:此|这条|這則)(?:消息|訊息)|消息已删除|訊息已刪除)[。.]?
    (?:s'ha suprimit aquest missatge|(?:heu|has) suprimit aquest missatge|este mensaxe foi eliminado|mezu hau ezabatu da|hierdie boodskap is (?:geskrap|uitgevee)|jy het hierdie boodskap (?:geskrap|uitgevee)|ujumbe huu (?:ulifutwa|umefutwa)|umefuta ujumbe huu|na-delete ang mensaheng ito|binura (?:ang|mo ang) mensaheng ito|ky mesazh u fshi|(?:e|ju e) fshi(?:ve|të) këtë mesazh|scriosadh an teachtaireacht seo)\.?
    (?:ši žinutė (?:buvo )?ištrinta|jūs ištrynėte šią žinutę|ištrynėte šią žinutę|šī ziņa (?:tika|ir) (?:iz)?dzēsta|jūs (?:iz)?dzēsāt šo ziņu|see sõnum (?:on )?kustutati|see sõnum on kustutatud|(?:sa )?kustutasid selle sõnumi|to sporočilo je (?:bilo )?izbrisano|izbrisali ste to sporočilo|siz bu mesajı sildiniz|bu xabar o[‘'ʻ]chirildi|бұл хабар (?:өшірілді|жойылды)|бул билдирүү өчүрүлдү)\.?
    (?:ова порука је (?:обрисана|избрисана)|(?:обрисали|избрисали) сте ову поруку|оваа порака беше избришана|ја избришавте (?:оваа порака|поракава)|гэта паведамленне выдалена|այս հաղորդագրությունը ջնջվել է|ეს შეტყობინება წაიშალა)\.?
    (?:এই (?:মেসেজটি|মেসেজ|বার্তাটি|বার্তা) মুছে ফেলা হয়েছে|আপনি এই (?:মেসেজটি|মেসেজ|বার্তাটি|বার্তা) মুছে (?:ফেলেছেন|দিয়েছেন)|हा (?:संदेश|मेसेज) (?:हटवला|हटवण्यात आला|डिलीट केला)(?: गेला)?|तुम्ही हा (?:संदेश|मेसेज) (?:हटवला|डिलीट केला)|यो (?:सन्देश|म्यासेज) (?:मेटाइयो|मेटाइएको छ)|આ (?:સંદેશ|મેસેજ) (?:કાઢી નાખવામાં આવ્યો|ડિલીટ કરવામાં આવ્યો)(?: છે| હતો)?|ਇਹ ਸੁਨੇਹਾ (?:ਮਿਟਾ ਦਿੱਤਾ|ਮਿਟਾਇਆ) ਗਿਆ(?: ਸੀ| ਹੈ)?)[।.]?
    (?:இந்தச்? செய்தி (?:நீக்கப்பட்டது|அழிக்கப்பட்டது)|இந்தச்? செய்தியை (?:நீக்கிவிட்டீர்கள்|நீங்கள் நீக்கிவிட்டீர்கள்)|ఈ సందేశం తొలగించబడింది|మీరు ఈ సందేశాన్ని తొలగించారు|ಈ ಸಂದೇಶವನ್ನು ಅಳಿಸಲಾಗಿದೆ|ನೀವು ಈ ಸಂದೇಶವನ್ನು ಅಳಿಸಿದ್ದೀರಿ|ഈ സന്ദേശം (?:ഇല്ലാതാക്കി|ഇല്ലാതാക്കിയിരിക്കുന്നു)|നിങ്ങൾ ഈ സന്ദേശം ഇല്ലാതാക്കി|මෙම පණිවිඩය මකා දමන ලදී|یہ پیغام حذف کر دیا گیا(?: ہے| تھا)?|آپ نے یہ پیغام حذف کر دیا(?: ہے)?|សារនេះត្រូវបានលុប|ဤစာကို ဖျက်လိုက်သည်|ຂໍ້ຄວາມນີ້ຖືກລຶບແລ້ວ)[.।۔]?
    (?:(?:이 )?메시지가 삭제되었습니다|(?:이 )?메시지를 삭제했습니다|삭제된 메시지입니다|회원님이 이 메시지를 삭제했습니다|(?:이 )?메시지를 삭제하셨습니다|삭제된 메시지)\.?
""")

_CALLS = _any(r"""
    (?:missed (?:group )?(?:voice|video|audio) call|missed call|(?:voice|video) call|no answer|silenced (?:voice|video) call|call failed|call ended)(?:[,.:]? .{0,60})?
    (?:verpasster (?:gruppen-?)?(?:sprach|video)anruf|(?:sprach|video)anruf|verpasster anruf|stummgeschalteter .{0,20}anruf)(?:[,.:]? .{0,60})?
    (?:appel (?:vocal|vidéo|audio) manqué|appel (?:vocal|vidéo)|appel manqué)(?:[,.:]? .{0,60})?
    (?:llamada (?:de voz|de video|de vídeo|grupal)?\s?perdida|videollamada perdida|llamada perdida|(?:llamada de voz|videollamada))(?:[,.:]? .{0,60})?
    (?:(?:chamada|ligação) (?:de voz|de vídeo)(?: perdida)?|chamada perdida)(?:[,.:]? .{0,60})?
    (?:chiamata (?:vocale|video) persa|videochiamata persa|chiamata persa|chiamata vocale|videochiamata)(?:[,.:]? .{0,60})?
    (?:gemiste (?:spraak|video)?oproep|gemist (?:spraak|video)gesprek|spraakoproep|video-?oproep)(?:[,.:]? .{0,60})?
    (?:пропущенный (?:аудио|видео)?звонок|(?:аудио|видео)звонок|пропущений (?:аудіо|відео|голосовий )?дзвінок|пропущенный голосовой звонок)(?:[,.:]? .{0,60})?
    (?:cevapsız (?:sesli|görüntülü) arama|(?:sesli|görüntülü) arama|cevapsız arama)(?:[,.:]? .{0,60})?
    (?:nieodebrane połączenie (?:głosowe|wideo)|połączenie (?:głosowe|wideo))(?:[,.:]? .{0,60})?
    (?:panggilan (?:suara|video)(?: tak terjawab| tidak terjawab| terlewat)?)(?:[,.:]? .{0,60})?
    (?:ubesvaret (?:taleopkald|videoopkald|opkald|tale|video)|(?:missat|ubesvart) (?:röst|video|tale)?(?:samtal|anrop)|vastaamaton (?:ääni|video)?puhelu)(?:[,.:]? .{0,60})?
    (?:مكالمة (?:صوتية|فيديو|مرئية) فائتة|مكالمة فائتة|מכנסת? .{0,20}שלא נענתה|שיחת (?:קול|וידאו|שמע) שלא נענתה|תماس .{0,20}از دست رفته)(?:[,.:]? .{0,60})?
    (?:मिस्ड (?:वॉइस|वीडियो) कॉल|สายที่ไม่ได้รับ|การโทร(?:ด้วยเสียง|วิดีโอ)ที่ไม่ได้รับ|cuộc gọi (?:thoại|video|nhỡ).{0,20})(?:[,.:]? .{0,60})?
    (?:不在着信|(?:音声|ビデオ)通話(?:の不在着信)?|通話をキャンセルしました|通話に応答がありませんでした|グループ通話が.*|通話時間 .*)(?:[、。,.:]? ?.{0,60})?
    (?:未接(?:语音|視訊|视频|語音)?(?:通话|通話|来电|來電)|(?:语音|視訊|视频|語音)通(?:话|話)|已取消通話|通話時間.{0,20}|对方已取消|已取消|通话时长.{0,20}|聊天时长.{0,20}|\[(?:语音|视频|語音|視訊)通(?:话|話)\].{0,30})(?:[，,。.:]? ?.{0,20})
    (?:부재중 (?:음성|영상|전화|보이스톡|페이스톡).{0,20}|(?:보이스톡|페이스톡|음성통화|영상통화|보이스톡 해요|페이스톡 해요|그룹콜.*)(?: .{0,30})?)
    ☎ ?.*
""")

_WHATSAPP_SYSTEM = _any(r"""
    .*(?:end-to-end encrypted|ende-zu-ende|de bout en bout|de extremo a extremo|de ponta a ponta|end-to-end|сквозн\w+ шифрован\w+|наскрізн\w+|uçtan uca|end-til-end|ende-til-ende|end-to-end-krypter\w*|páin? koncový\w*|端到端加密|端對端加密|エンドツーエンド|종단간|종단 간|التشفير التام|תמימות|מוצפנות מקצה לקצה|سرتاسر|एंड-टू-एंड|จากต้นทางถึงปลายทาง|mã hóa đầu cuối|mã hóa hai đầu).*
    .*(?:security code (?:with .+ )?changed|sicherheitsnummer .+ geändert|changed (?:the|this) group|created (?:the )?group|created this group|added you|changed their phone number).*
    (?:\S+(?: \S+){0,3} (?:created group .+|added .+|left|removed .+|joined using (?:this group's|an?) (?:invite|group) link|changed (?:the|this group's) (?:subject|icon|description|settings).*|pinned a message|turned (?:on|off) disappearing messages.*))
""")

_EDITED = _any(r"""
    \u200e<[^<>:]+>$
    \s?<(?:this message was edited|diese nachricht wurde bearbeitet\.?|ce message a été modifié|se editó este mensaje\.?|este mensaje fue editado|mensagem editada|esta mensagem foi editada|questo messaggio è stato modificato|dit bericht is bewerkt|сообщение изменено|данное сообщение изменено|повідомлення змінено|bu mesaj düzenlendi|wiadomość edytowana|pesan ini diedit|beskeden blev redigeret|meldingen ble redigert|det här meddelandet redigerades|muokattu|تم تعديل هذه الرسالة|ההודעה נערכה|הודעה זו נערכה|यह (?:मैसेज|संदेश) एडिट किया गया|แก้ไขข้อความแล้ว|đã chỉnh sửa|このメッセージは編集されました|此(?:消息|訊息)已(?:编辑|編輯)|已编辑|已編輯|消息已编辑|편집됨|이 메시지는 수정되었습니다|메시지가 편집되었습니다)>$
""")

# Threema ends what is no text with a file's name, made of a number that no person would write, or with a place on a map.
_THREEMA_FILE = r"<(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.\w{2,5})?|[0-9a-f]{16}-[^<>]+)>"
_THREEMA = re.compile(
    rf"""(?:bild|foto|video|audio|sprachnachricht|datei|gif|sticker|image|photo|picture|voice\ message|file|vidéo
    |message\ vocal|fichier|imagen|vídeo|mensaje\ de\ voz|archivo|immagine|messaggio\ vocale|afbeelding|spraakbericht
    |bestand|imagem|mensagem\ de\ voz|ficheiro|obraz|wiadomość\ głosowa|plik|изображение|фото|видео|аудио|файл
    |голосовое\ сообщение)?(?:\ ?\(\d+:\d\d(?::\d\d)?\))?\s?{_THREEMA_FILE}
    |(?P<file>[^<>]+)\ <[0-9a-f]{{16}}-(?P=file)>|[^<>]{{0,80}}\ <geo:[^<>]+>""",
    re.IGNORECASE | re.VERBOSE,
)

WHATSAPP = Notes(
    (
        (MEDIA, _WHATSAPP_MEDIA),
        (MEDIA, _THREEMA),
        (DELETED, _WHATSAPP_DELETED),
        (CALL, _CALLS),
        (SYSTEM, _WHATSAPP_SYSTEM),
    ),
    re.compile(rf"{_EDITED.pattern}|\s?{_THREEMA_FILE}$", re.IGNORECASE),
)

# --- the messengers of East Asia ------------------------------------------------------------------------------------

_KINDS = (
    "图片|照片|动画表情|表情|表情包|语音|视频|文件|位置|名片|链接|分享|红包|转账|音乐|合并转发|聊天记录|小程序|视频号|卡片消息|语音通话|视频通话|"
    "图片消息|语音消息|视频消息|文件消息|表情消息|系统消息|动态表情|商城表情|自定义表情|原创表情|闪照|拍一拍|接龙|直播|引用|不支持的消息|未知消息|未知|"
    "圖片|貼圖|影片|檔案|語音訊息|位置資訊|聯絡資訊|聯絡人資訊|相簿|記事本|禮物|投票|音訊|"
    "写真|スタンプ|動画|ボイスメッセージ|ファイル|位置情報|連絡先|アルバム|ノート|ギフト|投票|音声|"
    "photo|photos|sticker|video|voice message|audio|file|location|contact|album|note|gift|poll|image|emoji|"
    "사진|스티커|동영상|음성메시지|음성 메시지|파일|위치|연락처|앨범|노트|선물|투표|이모티콘|"
    "รูป|สติกเกอร์|วิดีโอ|ไฟล์|ข้อความเสียง|foto|stiker|berkas|pesan suara|lokasi|Foto|Stiker|Video|画像|音乐分享|戳一戳|窗口抖动|骰子|猜拳"
)
# Kinds of which words may follow in the same message: an emoticon in a sentence
_BRACKETED = rf"\[(?:{_KINDS})(?:[:：][^\[\]\n]*)?\]"

_ASIAN_MEDIA = re.compile(rf"(?:{_BRACKETED}\s*(?:https?://\S+|[\w.-]+\.\w{{2,5}})?\s*)+", re.IGNORECASE)
# Pictures as Markdown, and what is quoted above an answer
_LINKED = re.compile(r"!?\[[^\[\]]{0,60}\]\([^()\s]*\)")
_QUOTED = re.compile(r">(?:\s.*)?|「[^」：:]{1,30}[：:].*」|(?:- ?){8,}")
_ASIAN_WITHIN = re.compile(_BRACKETED, re.IGNORECASE)
_RECALLED = _any(r"""
    [“"']?[^\n]{0,40}?[”"']?\s?(?:撤回了?一?条?(?:消息|了一条消息)|已?收回訊息|收回了?訊息|收回了?一則訊息)[^\n]{0,20}
    .{0,40}(?:메시지를 삭제했습니다|삭제된 메시지입니다|메시지가 삭제되었습니다|메시지를 가렸습니다|메시지 전송을 취소(?:하였|했)습니다)\.?
    .{0,40}(?:メッセージの送信を取り消しました)[。.]?
    .{0,40}(?:unsent a message|unsent this message|recalled a message|this message was deleted|message was deleted|deleted message)\.?
    \[?已撤回\]?|\[?消息已撤回\]?
""")
_ASIAN_SYSTEM = _any(r"""
    .{0,60}(?:(?:加入了?(?:本?群|群聊)|加入群聊)|退出了?群聊|邀请.+加入了?群聊|修改群名为.+|移出了?群聊|拍了拍.+|以上是打招呼的内容|开启了朋友验证.*|已添加了.+，现在可以开始聊天了.*|现在可以开始聊天了.*|领取了.+的红包)[。.]?
    .{1,60}(?:님이 (?:나갔습니다|들어왔습니다|나가셨습니다|들어오셨습니다)|님을 (?:초대했습니다|내보냈습니다|초대하였습니다)|님과 .+님을 초대했습니다|님이 .+님을 (?:초대했습니다|내보냈습니다)|님이 .+(?:변경|설정)했습니다|채팅방 관리자가 .+가렸습니다)\.?
    .{1,60} (?:has )?(?:joined|left|invited .+)(?: (?:to )?(?:this|the) (?:chat ?room|chat|group|open chat))?\.
    .{1,60}(?:が(?:グループ|トーク)?に?(?:参加|退出|退会)しました|が.+をグループに招待しました|が.+を退会させました|がグループ名を.+変更しました|がアルバム.+作成しました|がグループのアイコンを変更しました|を招待しました)[。.]?
    .{1,60}(?:加入(?:了)?(?:群組|聊天)|已?退出(?:群組|聊天)|已?離開(?:群組|聊天)|邀請.+加入.*|已?變更.+(?:圖片|名稱).*|已新增.*至群組)[。.]?
    .{1,60} (?:joined the (?:group|chat|room)|left the (?:group|chat|room)|invited .+ to the (?:group|chat|room)|added .+ to the (?:group|chat)|changed the .+|removed .+ from the (?:group|chat)|added .+ as a friend)\.?
""")

_ALBUM = re.compile(r"\[(?:albums?|アルバム|相簿|相册|앨범|อัลบั้ม)\] .{1,80}", re.IGNORECASE)
ASIAN = Notes(
    (
        (CALL, _CALLS),
        (MEDIA, _ASIAN_MEDIA),
        (MEDIA, _ALBUM),
        (MEDIA, _LINKED),
        (DELETED, _RECALLED),
        (SYSTEM, _ASIAN_SYSTEM),
        (QUOTED, _QUOTED),
    )
)
# In QQ an emoticon may be in a sentence.
QQ = Notes((*ASIAN.whole, (QUOTED, re.compile(r"\[回复[ :：].*\]"))), _ASIAN_WITHIN)
# LINE for computers writes kinds without brackets.
LINE_ON_COMPUTERS = Notes(
    (
        *ASIAN.whole,
        (
            MEDIA,
            _any(r"""
    スタンプ|写真|動画|ファイル|ボイスメッセージ|アルバム|位置情報|連絡先|ノート
    貼圖|圖片|照片|影片|檔案|語音訊息|相簿|位置資訊|聯絡資訊|记事本|記事本
    stickers?|photos?|videos?|files?|voice messages?|albums?|locations?|contacts?
    스티커|사진|동영상|파일|음성메시지|앨범|위치정보|연락처
    สติกเกอร์|รูป|รูปภาพ|วิดีโอ|ไฟล์|stiker|foto
"""),
        ),
    )
)
KAKAOTALK = Notes(
    (
        *ASIAN.whole,
        (
            MEDIA,
            _any(r"""
    사진(?: \d+장)?|이모티콘|동영상|음성메시지|음성 메시지|파일: .+|지도: .+|연락처: .+|투표: .+|라이브톡.*|선물하기.*|샵검색: .+
    photos?|emoticons?|videos?|voice notes?|file: .+|map: .+|contacts?: .+|\d+ photos|photo \d+|stickers?|gif|사진을 보냈습니다\.?
    写真(?:\d+枚)?|スタンプ|動画|ボイスメッセージ|ファイル: .+
"""),
        ),
    )
)

# --- the others -----------------------------------------------------------------------------------------------------

META = Notes(
    (
        (
            CALL,
            _any(r"""
    .{1,60} (?:started an? (?:(?:video|audio|voice|group) )?(?:call|chat)|missed your (?:video |audio )?(?:call|chat)|called you|missed a (?:video |voice |audio )?(?:call|chat).*|joined the (?:video )?(?:call|chat)|ended the (?:video )?(?:call|chat))\.?
    (?:you (?:missed|called) .+|the (?:video|audio) (?:call|chat) ended|audio call ended|video chat ended|(?:video|audio) call ended|.+ hat (?:dich angerufen|einen .+anruf.+)|you started a (?:video|audio) (?:call|chat))\.?
"""),
        ),
        (
            MEDIA,
            _any(r"""
    .{1,60} (?:sent an? (?:attachment|photo|video|voice message|sticker|gif|link|location|live location|file|reel|story|post)|sent (?:photos|videos|\d+ photos))\.?
    you sent an? (?:attachment|photo|video|voice message|sticker|gif|link|location|live location)\.?
    (?:.{1,60} hat (?:einen anhang|ein foto|ein video|eine sprachnachricht) gesendet|.{1,60} a envoyé (?:une pièce jointe|une photo|un contenu|une vidéo)|.{1,60} (?:envió|ha enviado) (?:un archivo adjunto|una foto|un adjunto|un vídeo)|.{1,60} (?:enviou|mandou) (?:um anexo|uma foto)|.{1,60} ha inviato (?:un allegato|una foto)|.{1,60}(?:傳送了附件|发送了附件|傳送了一個附件|さんが添付ファイルを送信しました|님이 첨부 파일을 보냈습니다)|.{1,60} (?:bir ek gönderdi|heeft een bijlage verzonden|skickade en bilaga|wysłał\(a\) załącznik|отправил\(а\) вложение))[.。]?
    (?:shared a story|shared .+ story|replied to (?:your|their) story|mentioned you in (?:a|their) story)
"""),
        ),
        (
            SYSTEM,
            _any(r"""
    (?:(?:.{1,60} )?(?:liked a message|reacted .{1,12} to (?:your|a|their|the|.{1,40}'s) message|hat (?:auf deine nachricht mit .{1,12} reagiert|eine nachricht mit „gefällt mir“ markiert)|a aimé un message|a réagi .{1,12} à (?:votre|un) message|le gustó un mensaje|reaccionó con .{1,12} a (?:tu|un) mensaje|curtiu uma mensagem|reagiu com .{1,12} à (?:sua )?mensagem|ha messo "?mi piace"? a un messaggio|ha reagito con .{1,12} al (?:tuo )?messaggio))\s?
    (?:ha (?:aggiunto la reazione|reagito con) .{1,12} al (?:tuo )?messaggio|heeft (?:een|je) bericht leuk gevonden|vindt een bericht leuk|heeft (?:met )?.{1,12} gereageerd op (?:je|een) bericht|polubi(?:ł|ła|ł\(a\)) (?:twoją )?wiadomość|zareagowa(?:ł|ła|ł\(a\)) .{1,12} na (?:twoją )?wiadomość|bir mesajı beğendi|mesajını beğendi|mesajına .{1,12} ifadesini bıraktı)\s?
    (?:(?:поставил|поставила|поставил\(а\)) [«"]нравится[»"] сообщению|отреагировал(?:а|\(а\))? .{1,12} на (?:ваше )?сообщение|вподобав\(ла\) повідомлення|gillade ett meddelande|reagerade med .{1,12} på ditt meddelande|syntes godt om en besked|reagerede med .{1,12} på din besked|likte en melding|reagerte med .{1,12} på meldingen din|tykkäsi viestistä|reagoval\(a\) .{1,12} na (?:vaši|tvou) zprávu)\s?
    (?:menyukai (?:sebuah )?pesan|menanggapi .{1,12} pada pesan anda|đã thích một tin nhắn|đã bày tỏ cảm xúc .{1,12} về tin nhắn của bạn|메시지를 좋아합니다|메시지에 .{1,12} 공감했습니다|أعجب برسالة|تفاعل (?:بـ? ?)?.{1,12} مع رسالتك|喜歡一則訊息|赞了一条消息|对你的消息.{0,12}做出了回应)[.。]?\s?
    (?:gefällt eine nachricht|a marqué un message d['’]un j['’]aime|hat mit .{1,12} auf (?:deine|eine) nachricht reagiert|reagiert mit .{1,12} auf .*nachricht|a réagi avec .{1,12} à .*message|点赞了一条消息|對.*訊息.*回應.*|メッセージに.{0,20}(?:いいね|リアクション).*)\s?
    .{1,60} (?:named the group .+|set the nickname for .+|changed the (?:theme|chat theme|group photo|quick reaction|emoji).*|set (?:the )?(?:quick reaction|emoji) to .+|left the group|added .+ to the group|removed .+ from the group|created the group|set (?:his|her|your|their) (?:own )?nickname to .+|cleared .+ nickname.*|changed the group name.*|turned (?:on|off) .+|pinned a message|unsent a message|created a poll.*|voted for .+|responded .+ to .+|started sharing .+|waved at .+|joined the group.*|made .+ an? (?:admin|moderator).*)\.?
    you (?:named the group .+|set the nickname for .+|changed the .+|added .+ to the group|removed .+ from the group|created the group|are now connected on messenger|left the group|can now (?:message and )?call each other.*|waved at .+|unsent a message|created a poll.*)\.?
    (?:say hi to your new .+|.+ is now your .+ friend.*|you can now .+)
"""),
        ),
        (
            DELETED,
            _any(r"(?:.{1,60} unsent a message|you unsent a message|this message was (?:unsent|removed|deleted))\.?"),
        ),
    )
)

PLAIN = Notes(
    (
        (
            MEDIA,
            _any(r"""
    \{attachments\}|\{embed\}|\[(?:photo|image|video|audio|sticker|voice message|file|attachment|gif|location|图片|表情|语音|视频|文件|动画表情|写真|スタンプ|사진|이모티콘)\]
    \(file not included.*\)|attachment unavailable|<attachment missing>|sticker|\(no text\)
"""),
        ),
        (
            DELETED,
            _any(r"this message (?:was|has been) (?:deleted|removed|unsent)\.?|message deleted|\(message deleted\)"),
        ),
        (
            CALL,
            _any(
                r"(?:missed (?:voice|video|audio|group)? ?call|started a call.{0,60}|call (?:started|ended).{0,40})\.?"
            ),
        ),
    )
)

# DiscordChatExporter's words for what is no message, where it does not say the kind
DISCORD = Notes(
    (
        (CALL, re.compile(r"Started a call(?: that lasted .{1,40})?\.")),
        (
            SYSTEM,
            re.compile(
                r"(?:Pinned a message|Joined the server|Left the group|Started a thread|Changed the channel icon)\.|"
                r"(?:Added|Removed) .{1,60} (?:to|from) the group\.|Changed the channel name: .{1,100}\.?"
            ),
        ),
        *PLAIN.whole,
    )
)

# What exporters write below a message or above an answer
SIGNAL = Notes(
    (
        *PLAIN.whole,
        (MEDIA, re.compile(r"!?\[[^\[\]]*\]\([^()]*\)")),
        (SYSTEM, re.compile(r"\(- .* -\)")),
        (QUOTED, _QUOTED),
    )
)
ANSWERS = "This message responded to an earlier message."
IMESSAGE = Notes(
    (
        *PLAIN.whole,
        (QUOTED, re.compile(re.escape(ANSWERS))),
        (MEDIA, re.compile(r"/\S.*\.\w{2,5}|(?:[\w.~-]+/)+[\w. -]+\.\w{2,5}")),
        (SYSTEM, re.compile(r"Expressive: .*|Sent with .+|.* (?:unsent this message part|edited this message).*")),
    )
)
TELEGRAM = Notes(
    (
        *PLAIN.whole,
        (MEDIA, re.compile(r"\[ [^\[\]]{1,80} \]")),
        (
            QUOTED,
            _any(r"""
    \[(?:in reply to|antwort auf|en réponse à|en respuesta a|em resposta a|in risposta a|в ответ на|у відповідь|回复|回覆) .{1,80}\]
    \[(?:forwarded from|weitergeleitet von|transféré de|reenviado de|encaminhado de|inoltrato da|переслано от|转发自|轉發自) .{1,80}\]
"""),
        ),
    )
)
VIBER = Notes(
    (
        *PLAIN.whole,
        (
            MEDIA,
            _any(r"""
    (?:photo|video|sticker|voice|file|audio|contact|location|gif|link|instant video|rich media) message
    (?:фото|видео|стикер|голосовое|файл)(?:сообщение| сообщение)|foto-?nachricht|video-?nachricht|sprachnachricht|mensaje de (?:foto|vídeo|voz)
"""),
        ),
    )
)
